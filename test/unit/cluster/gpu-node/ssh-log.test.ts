// Does NOT prove that OpenSSH writes this (test/engine/node-ssh.test.ts runs it); these are lines of version 9.2, cut short.
import assert from "node:assert/strict";
import { faultInLogs } from "../../../../cluster/gpu-node/ssh/log.ts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMdECHrEcZP/oJYVoIya1rFpKwsQSN/bLQ1Mqa7x8GQb";
const node = { host: "nuc", port: 22, user: "tt", hostKey, agent: false };
const jump = { host: "fd00::1", port: 2222, user: "me", hostKey };

const greeted = `debug1: Connection established.
debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1
debug1: Server host key: ssh-ed25519 SHA256:7J0+kXzZ6sRaXuIa86viIDjyFkdqxuRHQZMdgcExICU
`;
const offered = (key: string): string =>
  `debug1: Offering public key: (stdin) ED25519 ${key} agent\ndebug2: we sent a publickey packet, wait for reply\n`;
const letIn = `${greeted}Authenticated to nuc ([10.0.0.2]:22) using "publickey".\n`;
const refused = "tt@nuc: Permission denied (publickey).\n";
const silent = "Connection timed out during banner exchange\nConnection to UNKNOWN port 65535 timed out\n";
const through = `${letIn}debug1: channel_connect_stdio_fwd: nuc:22\n`;

const direct: [log: string, found: string][] = [
  ["ssh: connect to host nuc port 22: Connection refused", "nuc:22 refuses the connection"],
  ["ssh: connect to host nuc port 22: Connection timed out", "nuc:22 does not answer within 5 s"],
  ["ssh: connect to host nuc port 22: Operation timed out", "nuc:22 does not answer within 5 s"],
  ["ssh: connect to host nuc port 22: No route to host", "nuc:22 cannot be reached: No route to host"],
  ["ssh: Could not resolve hostname nuc: Name or service not known", "the name in nuc:22 has no address"],
  [
    "debug1: kex_exchange_identification: banner line 0: HTTP/1.1 400 Bad Request\nkex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.2 port 22",
    "what listens at nuc:22 cannot be spoken with by SSH; it says: HTTP/1.1 400 Bad Request",
  ],
  [silent, "nuc:22 accepts the connection and then says nothing"],
  [
    "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.2 port 22",
    "nuc:22 closes the connection",
  ],
  [
    `${greeted}Host key for node has changed and you have requested strict checking.\nHost key verification failed.`,
    "nuc:22 shows host key ssh-ed25519 SHA256:7J0+kXzZ6sRaXuIa86viIDjyFkdqxuRHQZMdgcExICU, and ssh-ed25519 SHA256:s9oCcGBd5khiwzxb3D1dkJoODeaB8BYUvWgui7LV5GU is pinned: it is not talked to",
  ],
  [
    "Unable to negotiate with 10.0.0.2 port 22: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1",
    "nuc:22 cannot be spoken with by SSH: Unable to negotiate with 10.0.0.2 port 22: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1",
  ],
  [
    `${greeted}debug1: pubkey_prepare: ssh_get_authentication_socket: No such file or directory\n${refused}`,
    "the SSH agent gives no key: No such file or directory",
  ],
  [
    `${greeted}${offered("SHA256:a")}sign_and_send_pubkey: signing failed for ED25519 "(stdin)" from agent: agent refused operation\n${refused}`,
    "the SSH agent gives no key: agent refused operation",
  ],
  [greeted + offered("SHA256:a") + refused, "nuc:22 does not accept key SHA256:a for user tt"],
  [
    greeted + offered("SHA256:a") + offered("SHA256:b") + refused,
    "nuc:22 does not accept any key of the agent for user tt",
  ],
  [
    `${greeted}${offered("SHA256:a")}Received disconnect from 10.0.0.2 port 22:2: Too many authentication failures`,
    "nuc:22 does not accept any key of the agent for user tt",
  ],
  [greeted, "nuc:22 does not finish the log-in in time"],
  [`${greeted}Connection to 10.0.0.2 port 22 timed out`, "nuc:22 does not finish the log-in in time"],
  [`${letIn}exec request failed on channel 0`, "nuc:22 does not run a program for user tt"],
  [letIn, "nuc:22 lets user tt in and then starts nothing"],
];

const byJump: [log: string, jumpLog: string, found: string][] = [
  [
    silent,
    "ssh: connect to host fd00::1 port 2222: Connection refused",
    "[fd00::1]:2222 refuses the connection",
  ],
  [
    "Connection closed by UNKNOWN port 65535",
    `${through}channel 0: open failed: connect failed: No route to host\ndebug2: callback start\nstdio forwarding failed`,
    "jump host [fd00::1]:2222 cannot reach nuc:22: No route to host",
  ],
  [silent, through, "nuc:22 does not answer jump host [fd00::1]:2222 within 10 s"],
  [
    silent,
    `${through}debug2: channel 0: open confirm rwindow 2097152 rmax 32768`,
    "nuc:22 accepts the connection and then says nothing",
  ],
  [greeted + offered("SHA256:a") + refused, through, "nuc:22 does not accept key SHA256:a for user tt"],
];

describe("what OpenSSH's client wrote", () => {
  for (const [log, found] of direct) {
    it(`tells that ${found.slice(0, 90)}`, () => {
      // The client ends its lines so.
      const fault = faultInLogs(node, log.replaceAll("\n", "\r\n"), "");
      assert.equal(fault.message, found);
      assert.match(fault.fix, /^[A-Z]/);
    });
  }

  for (const [log, jumpLog, found] of byJump) {
    it(`tells, behind a jump host, that ${found.slice(0, 90)}`, () => {
      assert.equal(faultInLogs({ ...node, jump }, log, jumpLog).message, found);
    });
  }

  it("names the node in the fix", () => {
    assert.match(
      faultInLogs(node, greeted + offered("SHA256:a") + refused, "").fix,
      /^Append the public key to ~\/\.ssh\/authorized_keys of tt there/,
    );
  });
});
