import path from 'node:path'
import { readRecordings, type Scenario, type Transcript } from './scenario.ts'
import { fits, fitsHub, hasCustomResources, type WorldName } from './worlds.ts'

const root = path.join(import.meta.dirname, '../../testdata/kube')

/** The scenarios that say something of a world. */
export function scenariosFor(world: WorldName): Scenario[] {
  const all = readRecordings<Scenario>(path.join(root, 'scenarios')).filter((scenario) => fits(scenario, world))
  if (world === 'hub-store') return all.filter(hasCustomResources)
  return world === 'hub' ? all.filter(fitsHub) : all
}

/** Each transcript goes to one world: starting a tool again and again costs more than all else. */
export function transcriptsFor(world: 'api' | 'controllers'): Transcript[] {
  return readRecordings<Transcript>(path.join(root, 'commands')).filter(
    ({ noControllers }) => (noControllers === true) === (world === 'api'),
  )
}
