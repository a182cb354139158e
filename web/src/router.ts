import type { Router, RouteRecordRaw } from 'vue-router'
import { createRouter, createWebHistory } from 'vue-router'
import { reloadOnStaleBuild } from './stale-build.ts'
import { useSession } from './stores/session.ts'

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', meta: { title: 'Overview' }, component: () => import('./pages/OverviewPage.vue') },
  { path: '/runs', name: 'runs', meta: { title: 'Runs' }, component: () => import('./pages/RunsPage.vue') },
  { path: '/runs/:id', name: 'run', meta: { title: 'Run', rail: true }, component: () => import('./pages/run/RunPage.vue'), props: true },
  { path: '/agents', name: 'agents', meta: { title: 'Agents' }, component: () => import('./pages/AgentsPage.vue') },
  { path: '/agents/:name', name: 'agent', meta: { title: 'Agent' }, component: () => import('./pages/AgentPage.vue'), props: true },
  { path: '/schedules', name: 'schedules', meta: { title: 'Schedules' }, component: () => import('./pages/SchedulesPage.vue') },
  { path: '/chat/:id?', name: 'chat', meta: { title: 'Chat' }, component: () => import('./pages/ChatPage.vue'), props: true },
  { path: '/usage', name: 'usage', meta: { title: 'Usage' }, component: () => import('./pages/UsagePage.vue') },
  { path: '/approvals', name: 'approvals', meta: { title: 'Approvals' }, component: () => import('./pages/ApprovalsPage.vue') },
  { path: '/workers', name: 'workers', meta: { title: 'Workers' }, component: () => import('./pages/WorkersPage.vue') },
  { path: '/settings', name: 'settings', meta: { title: 'Settings' }, component: () => import('./pages/SettingsPage.vue') },
  { path: '/setup', name: 'setup', meta: { title: 'Sign in', open: true }, component: () => import('./pages/SignInPage.vue') },
  { path: '/sign-in', name: 'sign-in', meta: { title: 'Sign in', open: true }, component: () => import('./pages/SignInPage.vue') },
  { path: '/:rest(.*)*', name: 'not-found', meta: { title: 'Not found' }, component: () => import('./pages/NotFoundPage.vue') },
]

export function createAppRouter(): Router {
  const router = createRouter({ history: createWebHistory(), routes })

  // It does not wait for the answer: the page is there at once, and a refusal that comes later leads to the sign-in page as well.
  router.beforeEach((to) => {
    const session = useSession()
    if (to.meta.open)
      return true
    void session.check()
    return session.state === 'signed-out' ? { name: 'sign-in', query: { next: to.fullPath } } : true
  })

  reloadOnStaleBuild(router)

  router.afterEach((to) => {
    document.title = `${to.meta.title} · AgentOS`
  })

  return router
}
