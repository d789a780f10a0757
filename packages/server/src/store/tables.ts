export interface Tables {
  readonly placeholder: { readonly id: string };
}
