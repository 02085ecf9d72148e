// Does not prove that a kubelet is content with such a layout; test/node has one.
import assert from "node:assert/strict";
import { hierarchiesIn, whyNoCgroups } from "../../../../lab/node/cgroups.ts";

const line = (path: string, type: string, options: string): string =>
  `30 25 0:26 / ${path} rw,nosuid shared:9 - ${type} ${type} rw,${options}`;

describe("control groups", () => {
  it("of the first version do, each controller in its own hierarchy", () => {
    const mounts = ["cpu", "cpuset", "memory", "pids"].map((one) =>
      line(`/sys/fs/cgroup/${one}`, "cgroup", one),
    );
    const found = hierarchiesIn(
      [...mounts, line("/sys/fs/cgroup/systemd", "cgroup", "name=systemd")].join("\n"),
      "",
    );
    assert.equal(found.length, 5);
    assert.ok(found[2]?.path === "/sys/fs/cgroup/memory" && found[2].controllers.includes("memory"));
    assert.equal(whyNoCgroups(found), undefined);
  });

  it("of the second version do, all in one", () => {
    const found = hierarchiesIn(
      line("/sys/fs/cgroup", "cgroup2", "nsdelegate"),
      "cpuset cpu io memory pids\n",
    );
    assert.deepEqual(found, [
      { path: "/sys/fs/cgroup", controllers: ["cpuset", "cpu", "io", "memory", "pids"] },
    ]);
    assert.equal(whyNoCgroups(found), undefined);
  });

  it("that lack one are refused by its name", () => {
    const found = hierarchiesIn(line("/sys/fs/cgroup", "cgroup2", "nsdelegate"), "cpu memory");
    assert.equal(
      whyNoCgroups(found),
      "the kernel's control groups lack cpuset, pids here, by which the kubelet limits pods",
    );
    assert.match(
      whyNoCgroups(hierarchiesIn(line("/", "ext4", "relatime"), "")) ?? "",
      /lack cpu, cpuset, memory, pids/,
    );
  });
});
