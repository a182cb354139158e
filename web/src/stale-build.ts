import type { Router } from 'vue-router'

const KEY = 'agentos-reloaded-at'
const ONCE_IN_MS = 10_000

/** After an update of the server the files that this page knows are gone: the address is opened anew, once, if the server answers. */
export function reloadOnStaleBuild(router: Router): void {
  router.onError(async (_error, to) => {
    if (Date.now() - Number(sessionStorage.getItem(KEY)) < ONCE_IN_MS || !await isUp())
      return
    sessionStorage.setItem(KEY, String(Date.now()))
    location.assign(to.fullPath)
  })
}

async function isUp(): Promise<boolean> {
  try {
    const response = await fetch('/live')
    return response.ok
  }
  catch {
    return false
  }
}
