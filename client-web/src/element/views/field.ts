import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { type FieldName, fieldOf, problemText } from "../format/problem-text.js";

/** A field of a form. Its name is that of the contract, by which field violations refer to it. */
export interface Field {
  readonly name: FieldName;
  readonly label: string;
  readonly autocomplete: string;
  readonly hint?: string;
  readonly value?: string;
  readonly input?: (value: string) => void;
}

/** Renders a text field. */
export function textField(context: Context, it: Field): TemplateResult {
  const typing = (event: Event) => {
    if (event.target instanceof HTMLInputElement) it.input?.(event.target.value);
  };
  return withLabel(
    context,
    it,
    html`<input
      class="cl-input"
      id=${domId(it.name)}
      name=${it.name}
      type="text"
      dir="auto"
      .defaultValue=${it.value ?? ""}
      autocomplete=${it.autocomplete}
      autocapitalize="none"
      autocorrect="off"
      spellcheck="false"
      aria-describedby=${describedBy(context, it)}
      aria-invalid=${problemOf(context, it) ? "true" : nothing}
      @input=${typing}
    />`,
  );
}

/** Renders a password field, with a button that shows its content. */
export function passwordField(context: Context, it: Field): TemplateResult {
  const { state, texts } = context;
  const bounds = it.autocomplete === "new-password" ? boundsOf(context) : undefined;
  return withLabel(
    context,
    it,
    html`<div class="cl-password">
      <input
        class="cl-input"
        id=${domId(it.name)}
        name=${it.name}
        type=${state.revealed ? "text" : "password"}
        autocomplete=${it.autocomplete}
        autocapitalize="none"
        autocorrect="off"
        spellcheck="false"
        minlength=${bounds?.minLength ?? nothing}
        passwordrules=${
          bounds ? `minlength: ${bounds.minLength}; maxlength: ${bounds.maxLength};` : nothing
        }
        aria-describedby=${describedBy(context, it)}
        aria-invalid=${problemOf(context, it) ? "true" : nothing}
      />
      <button
        class="cl-reveal"
        type="button"
        aria-label=${state.revealed ? texts.common.hidePassword : texts.common.showPassword}
        aria-controls=${domId(it.name)}
        @click=${() => context.update({ revealed: !state.revealed })}
      >${state.revealed ? texts.common.hide : texts.common.show}</button>
    </div>`,
  );
}

/**
 * Renders the username as a read-only field: password managers need it to know the account of a
 * form. Two such forms can be open at once, so each gives it an id of its own.
 */
export function fixedUsername(
  context: Context,
  id: string,
  username = context.state.account?.username ?? "",
): TemplateResult {
  return html`<div class="cl-field">
    <label class="cl-field-label" for=${domId(id)}>${context.texts.common.username}</label>
    <input
      class="cl-input"
      id=${domId(id)}
      name="account"
      type="text"
      dir="auto"
      readonly
      autocomplete="username"
      .value=${username}
    />
  </div>`;
}

/** Renders a form. The browser's own checks are off: their texts may be in another language. */
export function form(submit: (form: FormData) => void, content: unknown): TemplateResult {
  const submitted = (event: SubmitEvent) => {
    event.preventDefault();
    if (event.currentTarget instanceof HTMLFormElement) submit(new FormData(event.currentTarget));
  };
  return html`<form class="cl-form" novalidate @submit=${submitted}>${content}</form>`;
}

function withLabel(context: Context, it: Field, input: TemplateResult): TemplateResult {
  const problem = problemOf(context, it);
  return html`<div class="cl-field">
    <label class="cl-field-label" for=${domId(it.name)}>${it.label}</label>
    ${input}
    ${
      problem
        ? html`<p class="cl-problem" id=${domId(`${it.name}_problem`)}>${problem}</p>`
        : it.hint
          ? html`<p class="cl-hint" id=${domId(`${it.name}_hint`)}>${it.hint}</p>`
          : nothing
    }
  </div>`;
}

function describedBy(context: Context, it: Field): string | typeof nothing {
  if (problemOf(context, it)) return domId(`${it.name}_problem`);
  return it.hint ? domId(`${it.name}_hint`) : nothing;
}

function problemOf(context: Context, it: Field): string | undefined {
  const problem = context.state.problems.find((problem) => fieldOf(problem) === it.name);
  return problem && problemText(problem, context.texts, boundsOf(context));
}

/** The length limits of passwords. */
export function boundsOf({ state }: Context) {
  return state.info?.passwordPolicy ?? { minLength: 1, maxLength: 1024 };
}
