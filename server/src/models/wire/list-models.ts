import type { AllowedModels } from './allowed-models.ts'
import type { ModelListShape } from './route.ts'

/** Only the models that the run may call, as each vendor's client reads a list of them. */
export function listModels(shape: ModelListShape, models: ReturnType<AllowedModels['list']>): string {
  const of = (...providers: string[]) => models.filter(({ provider }) => providers.includes(provider)).map(({ id }) => id)
  if (shape === 'anthropic') {
    const ids = of('claude')
    const data = ids.map(id => ({ type: 'model', id, display_name: id, created_at: EPOCH }))
    return JSON.stringify({ data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null })
  }
  if (shape === 'gemini')
    return JSON.stringify({ models: of('gemini').map(id => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: ['generateContent', 'countTokens'] })) })
  return JSON.stringify({ object: 'list', data: models.map(({ id, provider }) => ({ id, object: 'model', created: 0, owned_by: provider })) })
}

/** When a model was made is the provider's to say, and is not asked. */
const EPOCH = '1970-01-01T00:00:00Z'
