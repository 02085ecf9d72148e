import { modelAlias, serverPort } from "../vocabulary/names.ts";

/** What the supervisor of the server knows; every `…Seconds` is one of its limits. The program reads it as JSON. */
export type Supervision = typeof supervision;

/** Seconds in which the pod has to end: gaming mode must have the GPU within 30 s. */
export const terminationGraceSeconds = 25;

/** Why the numbers are these is told in docs/decisions/0029-a-supervisor-notices-a-dead-or-stuck-engine.md. */
export const supervision = {
  port: serverPort,
  model: modelAlias,
  /** Where Kubernetes reads why a container ended: the default of `terminationMessagePath`. */
  reasonFile: "/dev/termination-log",
  /** How often processes are looked at. A dead engine has to be noticed within 10 s. */
  tickSeconds: 1,
  /** A process of the engine is older when the server is loaded; what is younger may be about to run another program. */
  youngSeconds: 2,
  /** A server whose engine has died is given this to end by itself (0.32.0: 0.6 s after it), as it then tells its clients. */
  selfEndSeconds: 2,
  /** How often the engine's figures are read while a client is connected; never where none is. */
  lookSeconds: 5,
  /** How long the server may take to answer on its own port; under load a few seconds were reported. */
  answerSeconds: 5,
  /** Without a step of the engine for so long, while somebody waits, it is asked. One step is up to 8192 tokens of a prompt. */
  stallSeconds: 20,
  /** The same where all who are connected were so when the engine last answered: they may wait for nothing. */
  idleStallSeconds: 60,
  /** How long the engine may take to answer, without a step meanwhile. */
  questionSeconds: 25,
  /** So long nobody must have been connected for a stall to be forgotten; clients give up and come again. */
  forgottenSeconds: 60,
  /** Until every proxy has heard that the pod ends. kube-proxy gathers changes for 1 s. */
  endpointSeconds: 1,
  /** How often it is asked, while the pod ends, whether the requests are through. */
  drainLookSeconds: 0.5,
  /** How long requests may go on while the pod ends; what is left of the grace is for the end itself. */
  drainSeconds: 18,
  /** How long a process may take to end after each signal. */
  endSeconds: 1,
} as const;
