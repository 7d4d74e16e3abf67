using Paging.Native.Memory;

namespace Paging.Native.Translation;

//   Read                                   Write
//  ┌────────┬────────┬────────┬─ … ─┬─────┬────────┬────────┬────────┬─ … ─┬─────┐
//  │ page 0 │ page 1 │ page 2 │     │     │ page 0 │ page 1 │ page 2 │     │     │   2 × 2^20 words, 16 MiB of addresses
//  └────────┴────────┴────────┴─ … ─┴─────┴────────┴────────┴────────┴─ … ─┴─────┘   then a bit for 64 pages
//  a word = host address of the page's frame − guest address of the page; 0 = miss
/// <summary>The storage of one translation cache: an addend for every page to read, and another one to write.</summary>
/// <remarks>
/// The host commits 4 KiB when 512 neighbouring pages (2 MiB of guest) are first translated. That costs microseconds, so pairs
/// are recycled by the <see cref="TranslationPool"/>, and cleared by their user, which knows the places of its stores.
/// </remarks>
internal sealed class AddendPair : IDisposable
{
    /// <summary>Words in one table: all pages of 4 GiB.</summary>
    public const int WordCount = 1 << 20;

    private readonly HostBlock _block;
    private RegionSet _committed;    // regions of 4 MiB that were ever filled

    /// <summary>Makes a pair in which every page misses.</summary>
    /// <param name="isShared">One table for both uses: the pair that stands for "nothing cached" and is never stored to.</param>
    /// <exception cref="OutOfMemoryException">The host has no room for addresses.</exception>
    // SAFETY: the block has been made for one table, or for two.
    public unsafe AddendPair(bool isShared)
    {
        const ulong TableBytes = (ulong)WordCount * sizeof(long);
        ByteLength = isShared ? TableBytes : 2 * TableBytes;
        _block = new(ByteLength + FilledGroups.ByteLength);
        Read = (long*)_block.Address;
        Write = isShared ? Read : Read + WordCount;
    }

    /// <summary>Added to a guest address to read there.</summary>
    public unsafe long* Read { get; }

    /// <summary>Added to a guest address to write there.</summary>
    public unsafe long* Write { get; }

    /// <summary>The number of bytes of address space that the two tables take, committed or not.</summary>
    public ulong ByteLength { get; }

    /// <summary>The words of <see cref="Read"/>, for audits.</summary>
    // SAFETY: Read has WordCount words until Dispose.
    public unsafe ReadOnlySpan<long> ReadWords => new(Read, WordCount);

    /// <summary>The words of <see cref="Write"/>, for audits.</summary>
    // SAFETY: Write has WordCount words until Dispose.
    public unsafe ReadOnlySpan<long> WriteWords => new(Write, WordCount);

    /// <summary>The pages that were ever stored to, for audits.</summary>
    public unsafe TouchedPages Touched => new((nuint)Read, ByteLength);

    /// <summary>Returns true if any of the words translates something. Reads only pages that were ever stored to.</summary>
    // SAFETY: the words are those of a span over this pair, which does not move.
    public static unsafe bool HasAny(TouchedPages touched, ReadOnlySpan<long> words)
    {
        fixed (long* first = words)
        {
            for (int at = 0; at < words.Length; at += 512)    // a page of the host
                if (touched.MayHold((nuint)(first + at), 512 * sizeof(long)) && words.Slice(at, 512).ContainsAnyExcept(0L)) return true;
        }

        return false;
    }

    /// <summary>Notes that a region of 4 MiB is filled. Returns true the first time.</summary>
    public bool Commit(int region)
    {
        if (_committed.Contains(region)) return false;
        _committed.Add(region);
        return true;
    }

    /// <summary>Gives the memory back to the host.</summary>
    public void Dispose() => _block.Dispose();
}
