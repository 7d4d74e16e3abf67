using Paging.Native;

namespace Paging.Programs;

/// <summary>Cuts chunks out of larger ones, and joins what is freed with what is free around it.</summary>
/// <remarks><code>
///   free     │ used │ free ········ │ used │          two free chunks are never neighbours
///   take     │ used │ used │ free · │ used │          the rest goes back, unless it is too small to be a chunk
///   give     │ free ··············· │ used │          joined below and above; the top takes in what lies under it
/// </code>glibc: malloc/malloc.c _int_malloc, _int_free, _int_realloc.</remarks>
internal readonly struct HeapChunks(HeapArena arena, HeapGrowth growth)
{
    private const uint TrimAfterBytes = 64 << 10;    // glibc: FASTBIN_CONSOLIDATION_THRESHOLD

    private readonly HeapBins _bins = new(arena);

    /// <summary>A chunk in use of at least that size, if the heap has one as it is.</summary>
    public bool TryTake(uint wanted, out VirtualAddress chunk)
    {
        if (!_bins.TryTake(wanted, out chunk)) return TryTakeFromTop(wanted, out chunk);
        Use(chunk, wanted);
        return true;
    }

    /// <summary>The same, from the end of the heap.</summary>
    public bool TryTakeFromTop(uint wanted, out VirtualAddress chunk)
    {
        chunk = arena.Top;
        HeapChunk top = arena.Head(chunk);
        if (top.ByteLength < (ulong)wanted + HeapChunk.ByteLengthMin) return false;
        arena.Top = chunk + wanted;
        arena.SetHead(arena.Top, HeapChunk.Of(top.ByteLength - wanted, isBelowInUse: true));
        arena.SetHead(chunk, HeapChunk.Of(wanted, top.IsBelowInUse));
        Use(chunk, wanted);
        return true;
    }

    /// <summary>Gives a chunk back.</summary>
    public void Free(VirtualAddress chunk, HeapChunk head)
    {
        arena.InUseBytes -= head.ByteLength;
        arena.InUseCount--;
        Release(chunk, head);
    }

    /// <summary>Makes a chunk larger out of what is free above it, or smaller. False: there is not enough.</summary>
    public bool TryResize(VirtualAddress chunk, HeapChunk head, uint wanted)
    {
        VirtualAddress above = chunk + head.ByteLength;
        uint available = head.ByteLength;
        if (wanted > available && above == arena.Top)
        {
            uint more = wanted - available;
            if (arena.Head(above).ByteLength < more + HeapChunk.ByteLengthMin && !growth.TryExtendTop(more)) return false;
            HeapChunk top = arena.Head(above);
            arena.Top = chunk + wanted;
            arena.SetHead(arena.Top, HeapChunk.Of(top.ByteLength - more, isBelowInUse: true));
            available = wanted;
        }
        else if (wanted > available)
        {
            if (arena.IsInUse(above) || available + arena.Head(above).ByteLength < wanted) return false;
            available += TakeIfFree(above);
        }

        arena.InUseBytes -= head.ByteLength;
        arena.InUseCount--;
        arena.SetHead(chunk, HeapChunk.Of(available, head.IsBelowInUse));
        uint rest = available - wanted;
        if (rest < HeapChunk.ByteLengthMin)
        {
            Use(chunk, available);
            return true;
        }

        arena.SetHead(chunk, HeapChunk.Of(wanted, head.IsBelowInUse));
        arena.SetHead(chunk + wanted, HeapChunk.Of(rest, isBelowInUse: true));
        arena.InUseBytes += wanted;
        arena.InUseCount++;
        Release(chunk + wanted, arena.Head(chunk + wanted));
        return true;
    }

    /// <summary>Marks a chunk as used, and gives back what it is too large by.</summary>
    private void Use(VirtualAddress chunk, uint wanted)
    {
        HeapChunk head = arena.Head(chunk);
        uint rest = head.ByteLength - wanted;
        uint used = rest >= HeapChunk.ByteLengthMin ? wanted : head.ByteLength;
        arena.SetHead(chunk, HeapChunk.Of(used, head.IsBelowInUse));
        VirtualAddress above = chunk + used;
        if (used == wanted && rest != 0) Settle(above, rest, isBelowInUse: true);
        else arena.SetHead(above, arena.Head(above).With(isBelowInUse: true));
        arena.InUseBytes += used;
        arena.InUseCount++;
    }

    /// <summary>Writes a free chunk down at both of its ends, and puts it into its bin. Nothing free is next to it.</summary>
    private void Settle(VirtualAddress chunk, uint byteLength, bool isBelowInUse)
    {
        arena.SetHead(chunk, HeapChunk.Of(byteLength, isBelowInUse));
        VirtualAddress above = chunk + byteLength;
        arena.SetBytesBelow(above, byteLength);
        arena.SetHead(above, arena.Head(above).With(isBelowInUse: false));
        _bins.Add(chunk, byteLength);
    }

    /// <summary>Joins a chunk with what is free around it. Large enough, it makes the top go back.</summary>
    private void Release(VirtualAddress chunk, HeapChunk head)
    {
        uint byteLength = head.ByteLength;
        if (!head.IsBelowInUse)
        {
            uint below = arena.BytesBelow(chunk);
            chunk -= below;
            byteLength += below;
            _bins.Remove(chunk, below);
            head = arena.Head(chunk);
        }

        VirtualAddress above = chunk + byteLength;
        if (above == arena.Top)
        {
            byteLength += arena.Head(above).ByteLength;
            arena.Top = chunk;
            arena.SetHead(chunk, HeapChunk.Of(byteLength, head.IsBelowInUse));
        }
        else
        {
            byteLength += TakeIfFree(above);
            Settle(chunk, byteLength, head.IsBelowInUse);
        }

        if (byteLength >= TrimAfterBytes && arena.Head(arena.Top).ByteLength >= arena.TrimThreshold) growth.TryTrim(arena.TopPad);
    }

    /// <summary>Takes a chunk out of its bin if it is free, and says how large it was.</summary>
    private uint TakeIfFree(VirtualAddress chunk)
    {
        if (arena.IsInUse(chunk)) return 0;
        uint byteLength = arena.Head(chunk).ByteLength;
        _bins.Remove(chunk, byteLength);
        return byteLength;
    }
}
