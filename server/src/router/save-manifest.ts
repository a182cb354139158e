import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { SavedAgent } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import { saveAgent } from '../store/agents.ts'

export interface ManifestToSave { source: string, manifest: Manifest, notices: string[], path: string | null }

/** The agent of a manifest that was found right, with its schedule; who lists either is told. */
export async function saveManifest({ db, notifier, actor }: { db: Database, notifier: Notifier, actor: Actor }, file: ManifestToSave): Promise<SavedAgent> {
  const saved = await saveAgent(db, { actor, name: file.manifest.name, ...file })
  if (saved.changed)
    notifier.agentsChanged()
  if (saved.isRescheduled)
    notifier.schedulesChanged()
  return saved
}
