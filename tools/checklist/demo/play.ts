import type { Pages } from '../page.ts';
import { hasBrowser } from '../page.ts';
import { runCommand, type Scene, type Story } from './scene.ts';

export interface Theatre {
  /** Writes a line. */
  readonly say: (line: string) => void;
  /** Waits for whoever shows it; resolves at once where nobody is there. */
  readonly pause: () => Promise<void>;
  readonly pages: Pages;
}

/** Plays a scene; gives what in it was not as it is told. Rejects only where the pause is cut off. */
export async function play(scene: Scene, number: string, story: Story, theatre: Theatre): Promise<string[]> {
  const { say } = theatre;
  const { url } = story.stage;
  const faults: string[] = [];
  const fault = (what: string): void => {
    faults.push(what);
    say(`✗ ${what}`);
  };
  say('');
  say(`── ${number}  ${scene.title} ${'─'.repeat(Math.max(3, 70 - scene.title.length))}`);
  for (const line of scene.text) say(line);
  try {
    await scene.before?.(story, say);
    for (const make of scene.commands) {
      const command = make(story);
      say('');
      say(`$ ${command.words}`);
      const { output, fault: found } = await runCommand(command, url, (line) => say(`  ${line}`));
      if (command.keepAs !== undefined) story.said.set(command.keepAs, output.trim());
      if (found !== undefined) fault(`${command.words}: ${found}`);
    }
    if (scene.after !== undefined) say('');
    await scene.after?.(story, say);
    const shown = scene.page?.(story);
    if (shown !== undefined) {
      say('');
      say(`  the page: ${url}${shown.path}`);
      if (hasBrowser()) say(`  a picture of it: ${await picture(theatre.pages, url + shown.path, shown.name)}`);
    }
  } catch (error) {
    fault(error instanceof Error ? error.message : String(error));
  }
  await theatre.pause();
  return faults;
}

async function picture(pages: Pages, url: string, name: string): Promise<string> {
  const page = await pages.open(url);
  const file = await pages.shoot(page, name);
  await page.context().close();
  return file;
}
