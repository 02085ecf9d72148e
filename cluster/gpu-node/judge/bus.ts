/** The card's way to the machine: Thunderbolt enclosure and PCI bus. Pure. */
import type { Finding } from "../../findings/finding.ts";
import type { Enclosure, NodeFacts, PciCard } from "../facts/facts.ts";

/** Lanes that an enclosure has by Thunderbolt 3 and 4. */
const thunderboltLanes = 4;

/** A missing card is told once, by the first thing that explains it. */
export function judgeBus({ enclosures, cards }: NodeFacts): Finding[] {
  const missing = cards.value?.length === 0;
  const thunderbolt = enclosures.value === undefined ? undefined : judgeEnclosures(enclosures.value, missing);
  const explained = thunderbolt?.state === "fault";
  return [
    thunderbolt ?? { item: "Thunderbolt", state: "unknown", found: enclosures.why ?? "" },
    cards.value === undefined
      ? { item: "PCI", state: "unknown", found: cards.why }
      : judgeCards(cards.value, explained),
  ];
}

function judgeEnclosures(all: readonly Enclosure[], cardMissing: boolean): Finding {
  const item = "Thunderbolt";
  const waiting = all.filter(({ state }) => state === "connected");
  if (waiting.length > 0) {
    const names = waiting.map(({ name }) => name).join(", ");
    return {
      item,
      state: cardMissing ? "fault" : "warning",
      found: `enclosure ${names} is plugged in and not authorised`,
      // A device that is let in reads the machine's memory, and from then on at each start.
      fix: waiting
        .map(
          ({ name, uuid }) =>
            `If ${name} is yours, and only then, run \`boltctl enroll --policy auto ${uuid ?? "<its uuid in boltctl list>"}\` on the node`,
        )
        .join(". "),
    };
  }
  const present = all.filter(({ state }) => state === "authorised");
  if (present.length > 0) {
    return { item, state: "ok", found: `${present.map(({ name }) => name).join(", ")}, authorised` };
  }
  if (all.length > 0 && cardMissing) {
    return {
      item,
      state: "fault",
      found: `enclosure ${all.map(({ name }) => name).join(", ")} is known and not plugged in, or off`,
      fix: "Shut the node down, plug the enclosure in and switch it on, then start the node: plugging it in while the node runs may freeze it",
    };
  }
  return cardMissing
    ? { item, state: "unknown", found: "no enclosure is plugged in" }
    : { item, state: "ok", found: "no enclosure; the card is in the machine itself" };
}

function judgeCards(cards: readonly PciCard[], explained: boolean): Finding {
  const item = "PCI";
  const [card] = cards;
  if (card === undefined) {
    return explained
      ? {
          item,
          state: "unknown",
          found: "no NVIDIA card on the bus, as the enclosure is not let in or not there",
        }
      : {
          item,
          state: "fault",
          found: "no NVIDIA card on the PCI bus",
          fix: "Shut the node down, check the enclosure's power and cable, then start it; do not add kernel arguments such as pci=assign-busses, which take the network away",
        };
  }
  const { address, lanes, speed } = card;
  if (lanes === undefined) {
    return { item, state: "ok", found: address };
  }
  const link = `x${lanes.current} of x${lanes.most}${speed === undefined ? "" : ` at ${speed}`}`;
  return lanes.current < Math.min(lanes.most, thunderboltLanes)
    ? {
        item,
        state: "warning",
        found: `${address}, link ${link}: models load slowly over so few lanes`,
        fix: "Use a Thunderbolt cable of full speed, and the machine's port of four lanes",
      }
    : { item, state: "ok", found: `${address}, link ${link}` };
}
