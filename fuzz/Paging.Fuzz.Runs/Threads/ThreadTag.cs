namespace Paging.Fuzz;

//   31    24 23          12 11       0
//  ┌────────┬──────────────┬─────────┐
//  │ owner  │     page     │ changes │      every word of a page that its owner has written; 0: never written
//  └────────┴──────────────┴─────────┘
/// <summary>What a thread writes all over its pages, so that any reader of a word can tell who wrote it.</summary>
internal readonly record struct ThreadTag(uint Word)
{
    public static ThreadTag Of(int owner, int page, int change) =>
        new(((uint)(owner + 1) << 24) | ((uint)page << 12) | ((uint)change & 0xFFF));

    /// <summary>True if the word may stand in that page of that owner, now or earlier.</summary>
    public bool MayBe(int owner, int page) => Word == 0 || (Word >> 12) == (Of(owner, page, 0).Word >> 12);
}
