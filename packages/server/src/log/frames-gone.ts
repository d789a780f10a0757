/** The frames that were asked for are no longer kept: the copy must start from a whole image. */
export class FramesGone extends Error {
  override readonly name = 'FramesGone';
}
