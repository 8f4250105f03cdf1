/** What a page may call, and what parts of the script get from it. For editors: nothing here runs. */

export type Mode = "none" | "necessary" | "consented";

export interface Options {
  host: string;
  /** The most that the shop allows; with `signals` a banner may lower it. Without a word: "none". */
  consent?: Mode;
  signals?: boolean;
  show?: boolean;
  ga4?: boolean;
  analytics?: boolean;
  spa?: boolean;
}

export interface RestoredLine {
  product_id: string;
  variant: string;
  quantity: number;
  name: string;
  price: number | string | null;
  image_url: string;
  url: string;
}

export interface Restored {
  lines: RestoredLine[];
  currency: string;
  coupon: string;
  stage: "cart" | "contact" | "shipping" | "payment";
}

export interface Wraca {
  load(writeKey: string, options: Options): void;
  setConsent(mode: Mode): void;
  track(event: string, properties?: object): void;
  page(name?: string, properties?: object): void;
  identify(userId: string | null, traits?: object, options?: { proof?: string }): void;
  reset(): void;
  flush(): void;
  onRestore(fn: (cart: Restored) => void, failed?: (why: "expired" | "unreachable") => void): void;
  anonymousId(): string;
  push(call: [string, ...unknown[]]): void;
}

/** What wraca.js lends its parts. */
export interface Kit {
  root: Window & typeof globalThis;
  wish(): Options;
  mode(): Mode;
  /** 0 none, 1 necessary, 2 consented: the mode is never above it. */
  cap(level: 0 | 1 | 2): void;
  post(path: string, fields: object): Promise<any>;
  sign(fields: object): string;
  guard<F extends (...given: any[]) => any>(fn: F): F;
  decide(trigger: "load" | "cart", showing?: boolean): void;
  read(name: string): string;
  write(name: string, value: string): void;
}

declare global {
  interface Window {
    wraca: Wraca | [string, ...unknown[]][];
  }
}
