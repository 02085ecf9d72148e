/** Reads server-sent events (WHATWG HTML, 9.2.6), in whatever pieces they come. */

/** The longest event that is read, in characters. */
const longest = 1024 ** 2;

/**
 * The data of each event, in order.
 * @throws Error where the stream ends within an event, or one is too long
 */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  for await (const piece of stream) {
    rest += decoder.decode(piece, { stream: true });
    for (;;) {
      // A carriage return at the end may be half of a line's end.
      const end = /\r\n|\n|\r(?!$)/.exec(rest);
      if (end === null) {
        break;
      }
      const line = rest.slice(0, end.index);
      rest = rest.slice(end.index + end[0].length);
      if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice("data:".length).replace(/^ /, ""));
      }
    }
    if (rest.length > longest) {
      throw new Error(`an event has more than ${longest} characters`);
    }
  }
  if (data.length > 0 || rest.trim() !== "") {
    throw new Error("the stream ends within an event");
  }
}
