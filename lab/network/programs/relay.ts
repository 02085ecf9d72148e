/** Relays inside a private network, until it is ended: `relay.ts '[{"from": …, "to": …}]'`. */
import { relay, type Way } from "../relay.ts";

await Promise.all((JSON.parse(process.argv[2] ?? "[]") as Way[]).map(relay));
console.log("ready");
