import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { findProgram } from '../src/executor/sandbox/programs.ts'

interface Container {
  name: string
  image: string
  env?: { name: string, valueFrom?: { secretKeyRef: { name: string, key: string } } }[]
  resources: { requests: object, limits: object }
  securityContext: object
  livenessProbe?: { httpGet: { path: string } }
  readinessProbe?: { httpGet: { path: string } }
  volumeMounts: { name: string, mountPath: string }[]
}

interface PodSpec {
  serviceAccountName: string
  hostUsers?: boolean
  securityContext: Record<string, unknown>
  containers: Container[]
  initContainers?: Container[]
  volumes: { name: string }[]
}

interface Resource {
  apiVersion: string
  kind: string
  metadata: { name: string, labels?: Record<string, string> }
  spec: {
    selector?: Record<string, string> & { matchLabels?: Record<string, string> }
    podSelector?: { matchLabels: Record<string, string> }
    template?: { metadata: { labels: Record<string, string> }, spec: PodSpec }
    volumeClaimTemplates?: { metadata: { name: string } }[]
    rules?: { http: { paths: { path: string, backend: { service: { name: string } } }[] } }[]
  }
}

const FOLDER = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url))
const kustomization = parse(await readFile(join(FOLDER, 'kustomization.yaml'), 'utf8')) as { resources: string[], images: { name: string }[], configMapGenerator: { name: string }[] }
const resources = await readAll()
const containersOf = ({ containers, initContainers = [] }: PodSpec) => [...containers, ...initContainers]
const workloads = resources.filter(({ spec }) => spec?.template).map(one => [`${one.kind} ${one.metadata.name}`, one.spec.template!, one] as const)

it('kustomization.yaml names every file', async () => {
  const files = (await readdir(FOLDER)).filter(name => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  expect([...kustomization.resources].sort()).toEqual(files.sort())
})

it.each(workloads)('%s is bounded, has no right, and no root', (_, { spec }) => {
  expect(spec.serviceAccountName).toBe('agentos')
  expect(spec).toMatchObject({ enableServiceLinks: false })
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: expect.any(String) } })
  for (const container of containersOf(spec)) {
    expect(container.resources).toMatchObject({ requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } })
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    expect(container.securityContext).not.toHaveProperty('privileged')
    expect(kustomization.images.map(({ name }) => name)).toContain(container.image)
  }
})

it.each(workloads)('%s mounts volumes that it has', (_, { spec }, { spec: { volumeClaimTemplates = [] } }) => {
  const known = [...spec.volumes, ...volumeClaimTemplates.map(({ metadata }) => metadata)].map(({ name }) => name)
  for (const { volumeMounts } of containersOf(spec))
    expect(volumeMounts.map(({ name }) => name).filter(name => !known.includes(name))).toEqual([])
})

it('servers and workers are asked whether they live and whether they are ready', () => {
  for (const name of ['agentos-server', 'agentos-worker']) {
    const [container] = workloads.find(([, , { metadata }]) => metadata.name === name)![1].spec.containers
    expect(container).toMatchObject({ livenessProbe: { httpGet: { path: '/live' } }, readinessProbe: { httpGet: { path: '/ready' } } })
  }
})

it('only the worker has what a sandbox needs, and with it users that are nobody on the node', () => {
  const loosened = workloads.filter(([, { spec }]) => /Unmasked|Unconfined|Localhost/.test(JSON.stringify(spec)))
  expect(loosened.map(([name]) => name)).toEqual(['StatefulSet agentos-worker'])
  expect(loosened[0]![1].spec).toMatchObject({ hostUsers: false, securityContext: { appArmorProfile: { type: 'Unconfined' }, seccompProfile: { type: 'Localhost' } }, containers: [{ securityContext: { procMount: 'Unmasked' } }] })
})

it('every selector finds pods, but the one that is meant to find none', () => {
  const pods = workloads.map(([, { metadata }]) => metadata.labels)
  const selectors = resources.flatMap(({ kind, metadata, spec }) => {
    const labels = spec?.podSelector?.matchLabels ?? spec?.selector?.matchLabels ?? (kind === 'Service' ? spec.selector : undefined)
    return labels ? [{ name: `${kind} ${metadata.name}`, labels: labels as Record<string, string> }] : [] // a service's selector is plain labels
  })
  const lost = selectors.filter(({ labels }) => !pods.some(pod => Object.entries(labels).every(([name, value]) => pod[name] === value)))
  expect(selectors.length).toBeGreaterThan(6)
  expect(lost.map(({ name }) => name)).toEqual(['Service agentos-nowhere'])
})

it('the way in leads to services that are there, and not to the metrics', () => {
  const paths = resources.find(({ kind }) => kind === 'Ingress')!.spec.rules![0]!.http.paths
  const services = resources.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name)
  expect(paths.map(({ path, backend }) => [path, backend.service.name])).toEqual([['/metrics', 'agentos-nowhere'], ['/', 'agentos-server']])
  expect(services).toEqual(expect.arrayContaining(paths.map(({ backend }) => backend.service.name)))
})

it('the documentation makes a secret with every key that is asked for', async () => {
  const variables = workloads.flatMap(([, { spec }]) => containersOf(spec)).flatMap(({ env = [] }) => env)
  const asked = variables.flatMap(({ valueFrom }) => valueFrom ? [valueFrom.secretKeyRef.key] : [])
  expect(asked).toContain('secret-key')
  const page = await readFile(join(FOLDER, '../../docs/deployment.md'), 'utf8')
  for (const key of [...asked, 'credential'])
    expect(page).toContain(`--from-literal=${key}=`)
})

describe.each(kubectl())('%s', (program) => {
  it('makes one list of everything, each with its namespace and image', async () => {
    const { stdout } = await promisify(execFile)(program, ['kustomize', FOLDER])
    const built = parseAllDocuments(stdout).map(document => document.toJS() as { kind: string, metadata: { namespace?: string } })
    expect(built).toHaveLength(resources.length + 1)
    expect(built.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'agentos')).toEqual([])
    expect(stdout).not.toMatch(/image: agentos$/m)
  })
})

function kubectl(): string[] {
  const found = findProgram('kubectl')
  if (found === null)
    console.warn('the Kubernetes manifests are not built here: kubectl is not installed')
  return found === null ? [] : [found]
}

async function readAll(): Promise<Resource[]> {
  const texts = await Promise.all(kustomization.resources.map(name => readFile(join(FOLDER, name), 'utf8')))
  const documents = texts.flatMap(text => parseAllDocuments(text, { merge: true }))
  return documents.map(document => document.toJS() as Resource) // what is in it is what the tests are about
}
