let isOn = false

/** `--verbose` was given: say more about what is done and why something failed. */
export function beVerbose(): void {
  isOn = true
}

export function isVerbose(): boolean {
  return isOn
}
