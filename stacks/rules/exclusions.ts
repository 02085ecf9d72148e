// Settings that exclude each other, or need each other.
import { durationSeconds } from "../vocabulary/measures.ts";
import type { Rule } from "./rule.ts";

export const exclusionRules: readonly Rule[] = [
  {
    reads: ["route.enabled", "route.host"],
    findings: ({ route: { enabled, host } }) =>
      enabled && host === undefined
        ? [
            {
              path: ["route", "host"],
              problem: "is missing; the public route and its certificate are for a host",
              fix: "Run `gpu-mode init`, which proposes one, or close the public route with route.enabled: false",
            },
          ]
        : [],
  },
  {
    reads: ["serve", "replicas"],
    findings: ({ serve }, { isOwn }) =>
      !serve && isOwn("replicas")
        ? [
            {
              path: ["replicas"],
              problem: "excludes `serve: false`, which runs no server",
              fix: "Remove one of the two",
            },
          ]
        : [],
  },
  {
    reads: ["huggingFaceToken", "huggingFaceSecret"],
    findings: ({ huggingFaceToken, huggingFaceSecret }) =>
      huggingFaceToken !== undefined && huggingFaceSecret !== undefined
        ? [
            {
              path: ["huggingFaceSecret"],
              problem: "excludes huggingFaceToken, and both are set",
              fix: "Remove one of the two, for example with `pulumi config rm huggingFaceToken`",
            },
          ]
        : [],
  },
  {
    reads: ["cache.hostPath", "cache.claim"],
    findings: ({ cache: { hostPath, claim } }) =>
      hostPath !== undefined && claim !== undefined
        ? [
            {
              path: ["cache", "claim"],
              problem: "excludes cache.hostPath, and both are set",
              fix: "Remove one of the two",
            },
          ]
        : [],
  },
  {
    reads: ["route.certificate.duration", "route.certificate.renewBefore"],
    findings: ({ route: { certificate } }) =>
      durationSeconds(certificate.renewBefore) >= durationSeconds(certificate.duration)
        ? [
            {
              path: ["route", "certificate", "renewBefore"],
              found: certificate.renewBefore,
              problem: `must be shorter than route.certificate.duration, which is ${certificate.duration}`,
              fix: "Lower it, or raise the duration",
            },
          ]
        : [],
  },
  {
    reads: ["gpuNode.card.memoryMiB", "gpuNode.card.usableGiB"],
    findings: ({
      gpuNode: {
        card: { memoryMiB, usableGiB },
      },
    }) =>
      usableGiB !== undefined && usableGiB * 1024 > memoryMiB
        ? [
            {
              path: ["gpuNode", "card", "usableGiB"],
              found: usableGiB,
              problem: `is above gpuNode.card.memoryMiB, which is ${memoryMiB} (${(memoryMiB / 1024).toFixed(2)} GiB)`,
              fix: "Correct one of the two, or remove usableGiB",
            },
          ]
        : [],
  },
  {
    reads: ["route.enabled", "route.paths", "route.pathPrefixes"],
    findings: ({ route }) =>
      route.enabled && route.paths.length + route.pathPrefixes.length === 0
        ? [
            {
              path: ["route", "paths"],
              problem: "with no path in route.paths and none in route.pathPrefixes the route lets nothing in",
              fix: "Name a path, or set route.enabled to false",
            },
          ]
        : [],
  },
];
