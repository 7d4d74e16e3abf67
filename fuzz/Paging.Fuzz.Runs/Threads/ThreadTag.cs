namespace Paging.Fuzz;

//   31    24 23          12 11       0
//  ┌────────┬──────────────┬─────────┐
//  │ owner  │     page     │ changes │      every word of a page that its owner has written; 0: never written
//  └────────┴──────────────┴─────────┘
/// <summary>The word with which a thread fills its pages, so that any reader of a word can identify the writer.</summary>
internal readonly record struct ThreadTag(uint Word)
{
    public static ThreadTag Of(int owner, int page, int change) =>
        new(((uint)(owner + 1) << 24) | ((uint)page << 12) | ((uint)change & 0xFFF));

    /// <summary>True if that page of that owner may hold the word, now or earlier.</summary>
    public bool MayBe(int owner, int page) => Word == 0 || (Word >> 12) == (Of(owner, page, 0).Word >> 12);
}
