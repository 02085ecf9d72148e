// Settings of the way to the GPU node by SSH, by which the node itself is asked before an update.
import { explain, flag, group, hostKeyLine, hostOrAddress, text, userName, wholeNumber } from "./fields.ts";

const keyHelp = "as `ssh-keyscan -t ed25519 <host>` prints it; compare it on the host itself";

const jump = group({
  host: explain(hostOrAddress, "Name or address of the host in between.", { example: "192.0.2.20" }),
  port: explain(wholeNumber(1, 65_535).default(22), "Port of its SSH server.", { example: 2222 }),
  user: explain(userName, "User there; the key is the same as on the node.", { example: "gpu" }),
  hostKey: explain(hostKeyLine, `Its public host key, ${keyHelp}.`, {
    example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMrcOSf7bLGqDsRTQkFOiGXJ6t9Qn3FNrWfHKd8ueSqm",
  }),
});

/** How the node is reached by SSH. */
export const ssh = group({
  host: explain(hostOrAddress, "Name or address of the GPU node.", { example: "192.0.2.25" }),
  port: explain(wholeNumber(1, 65_535).default(22), "Port of its SSH server.", { example: 2222 }),
  user: explain(userName, "User there; it needs no root.", { example: "gpu" }),
  hostKey: explain(
    hostKeyLine,
    `The node's public host key, ${keyHelp}. Needed: a server with another key is not talked to.`,
    { example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMrcOSf7bLGqDsRTQkFOiGXJ6t9Qn3FNrWfHKd8ueSqm" },
  ),
  keyFile: explain(
    text().optional(),
    "File with the user's private key, on the machine that runs Pulumi; `~` is your home folder. Excludes `agent` and the secret `sshKey`. Unset: none.",
    { example: "~/.ssh/gpu-node" },
  ),
  agent: explain(
    flag().default(false),
    "Take the user's key from the SSH agent that `SSH_AUTH_SOCK` names. Excludes `keyFile` and the secret `sshKey`.",
    { example: true },
  ),
  jump: explain(jump.optional(), "Host to go through. Unset: the node is reached directly."),
});
