/** Enough of a random id to name it to a person; every command takes the beginning of one. */
export function shortId(id: string): string {
  return id.slice(0, 10)
}
