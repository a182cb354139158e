/** The id in `upload:<id>`, which is how a run names a folder that was sent; null for any other text. */
export function uploadNamed(text: string): string | null {
  return /^upload:([0-9a-z]{20})$/.exec(text)?.[1] ?? null
}
