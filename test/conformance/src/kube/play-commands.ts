import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@flotilla/shared/lang/clock'
import type { Tool } from '@flotilla/shared/runtime/tools'
import type { Client } from './client.ts'
import { fill, freshNames, select, type Names } from './fill.ts'
import { plainOutput, type RunMarks } from './plain-output.ts'
import { bodyOf, inNamespaces, reach, type Mismatch } from './play.ts'
import type { CommandStep, Transcript } from './scenario.ts'

/** The server and the tools that transcripts are played with. */
export interface CommandWorld {
  readonly server: string
  readonly tokens: Readonly<Record<string, string>>
  readonly client: Client
  readonly tools: Readonly<Record<'kubectl' | 'helm', Tool>>
  readonly random: Random
  readonly now: () => number
}

/** Plays a transcript: each command in a folder of the run's own, with what it printed compared. */
export async function playTranscript(transcript: Transcript, world: CommandWorld): Promise<Mismatch[]> {
  const names = freshNames(world.random)
  const folder = await mkdtemp(path.join(tmpdir(), 'flotilla-commands-'))
  const mismatches: Mismatch[] = []
  try {
    await writeFiles(transcript, folder, names, world)
    const marks = {
      id: names.get('id') ?? '',
      folder,
      server: world.server,
      given: JSON.stringify([transcript.files, transcript.steps.map((step) => [step.cmd, step.stdin])]),
      randoms: transcript.randoms ?? [],
    }
    await inNamespaces(transcript, world.client, names, async () => {
      for (const [index, step] of transcript.steps.entries()) {
        const label = `${index + 1} ${step.cmd ? [step.tool ?? 'kubectl', ...step.cmd].join(' ') : 'between'}`
        if (step.cmd) {
          const got = await runCommand(step, step.cmd, names, { ...marks, explain: step.explain === true }, world)
          for (const key of ['exit', 'stdout', 'stderr'] as const)
            if (step[key] !== '<any>' && got[key] !== step[key])
              mismatches.push({ step: label, path: key, expected: step[key], got: got[key] })
        } else if (!(await between(step, names, world))) {
          mismatches.push({ step: label, path: step.wait?.path ?? '', expected: step.wait, got: undefined })
          return
        }
      }
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return mismatches
}

async function writeFiles(
  { files = {} }: Transcript,
  folder: string,
  names: Names,
  world: CommandWorld,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, fill(content, names), { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
  }
  const home = path.join(folder, '.home')
  await mkdir(path.join(home, 'tmp'), { recursive: true })
  const namespace = names.get('ns') ?? ''
  for (const [file, user] of [
    ['config', 'admin'],
    ['alice', 'alice'],
  ] as const)
    await writeFile(path.join(home, file), kubeconfigOf(world.server, world.tokens[user] ?? '', namespace))
}

function kubeconfigOf(server: string, token: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace } }],
    'current-context': 'c',
  })
}

/** What happens between commands; whether it did. */
async function between(step: CommandStep, names: Names, { client }: CommandWorld): Promise<boolean> {
  if (step.sleep !== undefined) await sleep(step.sleep)
  let found: unknown
  if (step.api) found = bodyOf(await client.request(fill(step.api, names)))
  if (step.wait) {
    const { ok, at } = await reach(client, { timeout: 20_000, ...fill(step.wait, names) })
    if (!ok) return false
    found = at
  }
  for (const [name, pointer] of Object.entries(step.capture ?? {}))
    names.set(name, String((select(found, fill(pointer, names)) ?? found ?? '') as string))
  return true
}

interface Printed {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

async function runCommand(
  step: CommandStep,
  command: readonly string[],
  names: Names,
  marks: RunMarks,
  world: CommandWorld,
): Promise<Printed> {
  const home = path.join(marks.folder, '.home')
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    KUBECONFIG: path.join(home, step.as ?? 'config'),
    TMPDIR: path.join(home, 'tmp'),
    TERM: 'dumb',
    HELM_CACHE_HOME: path.join(home, 'hc'),
    HELM_CONFIG_HOME: path.join(home, 'hf'),
    HELM_DATA_HOME: path.join(home, 'hd'),
    ...fill(step.env ?? {}, names),
  }
  const tool = world.tools[step.tool ?? 'kubectl']
  const args = [...tool.args, ...fill(command, names)]
  const options = { cwd: marks.folder, env, timeout: step.timeout ?? 40_000 }
  const { exit, stdout, stderr } = await execute(tool.command, args, fill(step.stdin ?? '', names), options)
  let lines = plainOutput(stdout, marks, world.now()).split('\n')
  if (step.sortLines) lines = lines.toSorted()
  const wanted = step.only === undefined ? undefined : new RegExp(step.only)
  if (wanted) lines = lines.filter((line) => wanted.test(line))
  return { exit, stdout: lines.join('\n'), stderr: plainOutput(stderr, marks, world.now()) }
}

function execute(
  command: string,
  args: readonly string[],
  input: string,
  { cwd, env, timeout }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly timeout: number },
): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, timeout, killSignal: 'SIGKILL' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (exit) => resolve({ exit: exit ?? -1, stdout, stderr }))
    // A command may end without having read it all.
    child.stdin.on('error', () => undefined).end(input)
  })
}
