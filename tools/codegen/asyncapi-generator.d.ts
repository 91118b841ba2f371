// @asyncapi/generator ships no types; this is the part that run-asyncapi.ts uses.
declare module '@asyncapi/generator' {
  export default class Generator {
    constructor(templateFolder: string, targetFolder: string, options: { forceWrite: boolean });
    generateFromFile(document: string): Promise<void>;
  }
}
