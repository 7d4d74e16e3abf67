namespace Paging.Core.Tests;

/// <summary>The expected state of a page after the base: its rights, and a few words of its contents.</summary>
/// <remarks>
/// Four words stand for the page: the first, the last, and two between. Shared pages of all processes are one set of words.
/// </remarks>
internal sealed class ModelPage(MemoryProtection rights, bool isShared, uint[] words)
{
    /// <summary>Where in the page the words lie.</summary>
    public static readonly int[] Offsets = [0, 1364, 2731, 4092];

    public MemoryProtection Rights { get; set; } = rights;
    public bool IsShared { get; } = isShared;
    public bool IsNotForked { get; set; }
    public uint[] Words { get; } = words;

    public static ModelPage New(MemoryProtection rights, bool isShared) => new(rights, isShared, new uint[Offsets.Length]);

    public bool IsZero => !Words.AsSpan().ContainsAnyExcept(0u);

    /// <summary>The child's page: shared memory itself, of private memory a copy.</summary>
    public ModelPage Fork() => new(Rights, IsShared, IsShared ? Words : [.. Words]);
}
