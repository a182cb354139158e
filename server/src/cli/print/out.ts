import process from 'node:process'

let isSilent = false

/** Writes to standard output, as long as somebody reads it. */
export function print(text: string): void {
  if (!isSilent)
    process.stdout.write(text)
}

/** Nobody reads any more. */
export function silence(): void {
  isSilent = true
}
