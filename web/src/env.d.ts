import 'vue-router'

export {}

declare module 'vue-router' {
  interface RouteMeta {
    /** The page's name in the tab and in the palette. */
    title: string
    /** Needs no session and has no shell around it. */
    open?: boolean
    /** The sidebar is a rail here until the person unfolds it. */
    rail?: boolean
  }
}
