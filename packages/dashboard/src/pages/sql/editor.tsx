import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { sql, SQLite } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Transaction } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type ReactNode, useEffect, useRef } from 'react';

export interface EditorProps {
  readonly initialText: string;
  /** Table → its columns, for completion. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** The text, and what of it is selected (empty when nothing is). */
  readonly onRun: (text: string, selection: string) => void;
  readonly onReady: (view: EditorView) => void;
}

const THEME = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '13.5px', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '10px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--accent-ink)',
  },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--accent)' },
]);

/**
 * Text over a selection is put in by the editor: the browser joins the lines that remain by writing a style into them,
 * which the page's policy refuses.
 */
const TYPING_OVER = EditorView.domEventHandlers({
  beforeinput: ({ inputType, data }, view) => {
    const { from, to, empty } = view.state.selection.main;
    if (inputType !== 'insertText' || data === null || empty || view.composing) {
      return false;
    }
    const insert = (): Transaction =>
      view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    // Brackets and quotes are put around what is selected.
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, insert))) {
      view.dispatch(insert());
    }
    return true;
  },
});

export function Editor({ initialText, tables, onRun, onReady }: EditorProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const run = useRef(onRun);
  run.current = onRun;
  const language = useRef(new Compartment());
  const view = useRef<EditorView>(undefined);
  useEffect(() => {
    const host = place.current;
    if (host === null) {
      return undefined;
    }
    // In a shadow root the editor brings its style as a sheet object. A <style> element would need an exception from
    // the page's policy.
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const runNow = ({ state }: EditorView): boolean => {
      const { from, to } = state.selection.main;
      run.current(state.doc.toString(), state.sliceDoc(from, to));
      return true;
    };
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: initialText,
        extensions: [
          lineNumbers(),
          history(),
          highlightActiveLine(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          keymap.of([
            { key: 'Mod-Enter', run: runNow, preventDefault: true },
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          language.current.of(sql({ dialect: SQLite })),
          syntaxHighlighting(COLOURS),
          THEME,
          TYPING_OVER,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
        ],
      }),
    });
    view.current = editor;
    onReady(editor);
    return () => editor.destroy();
    // The text is the editor's own once it exists.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => {
    view.current?.dispatch({
      effects: language.current.reconfigure(sql({ dialect: SQLite, schema: tables, upperCaseKeywords: true })),
    });
  }, [tables]);
  return <div ref={place} className="editor" />;
}
