using System.Diagnostics.CodeAnalysis;
using Paging.Native.Memory;

namespace Paging.Native;

//   offset  0        4           8       16      24      32
//          ┌────────┬───────────┬───────┬───────┬───────┬───────┐
//          │ version│ page shift│ read  │ write │ epoch │  tag  │     read, write: 2^20 words each (AddendPair)
//          └────────┴───────────┴───────┴───────┴───────┴───────┘
/// <summary>The block in which code of other languages, and translated code, find a <see cref="TranslationCache"/>'s contents.</summary>
/// <remarks>
/// The layout is a promise (docs/decisions/0038). A word of <c>read</c> or <c>write</c> that is not 0, plus the guest's address, is the
/// host's address of the byte; 0 is a miss, which an access of the <c>Mmu</c> fills. The two pointers change when the cache gets or
/// loses its storage, so that each access loads them again, as <see cref="TranslationCache.TryReadHit{T}"/> does.
/// The block lives as long as this object.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A SafeHandle, which the collector frees when it is no longer reachable.")]
public sealed class TranslationTables
{
    /// <summary>The version of the layout.</summary>
    public const uint Version = 1;

    private readonly HostBlock _block;

    // SAFETY: the block is a page long, and zeroed.
    internal unsafe TranslationTables(long* read, long* write, ulong epoch)
    {
        _block = new(VirtualAddress.PageSize);
        Words->Version = Version;
        Words->PageShift = VirtualAddress.PageShift;
        Words->Epoch = epoch;
        PointTo(read, write);
    }

    /// <summary>The host's address of the block.</summary>
    public unsafe nint Start => (nint)_block.Address;

    /// <summary>A word for the embedder: on a miss, it identifies the address space.</summary>
    // SAFETY: the block lives as long as this object.
    public unsafe ulong Tag
    {
        get => Words->Tag;
        set => Words->Tag = value;
    }

    // SAFETY: as Tag.
    internal unsafe ulong Epoch { set => Volatile.Write(ref Words->Epoch, value); }

    private unsafe Layout* Words => (Layout*)_block.Address;

    // SAFETY: as Tag; nothing is followed.
    internal unsafe void PointTo(long* read, long* write)
    {
        Volatile.Write(ref Words->Read, (nint)read);
        Volatile.Write(ref Words->Write, (nint)write);
    }

    private struct Layout
    {
        public uint Version;
        public uint PageShift;
        public nint Read;
        public nint Write;
        public ulong Epoch;
        public ulong Tag;
    }
}
