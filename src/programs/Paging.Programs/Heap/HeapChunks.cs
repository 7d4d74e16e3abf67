using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>Splits chunks, and joins freed chunks with free neighbours.</summary>
/// <remarks><code>
///   free     │ used │ free ········ │ used │          two free chunks are never neighbours
///   take     │ used │ used │ free · │ used │          the rest goes back, unless it is too small to be a chunk
///   give     │ free ··············· │ used │          joined below and above; the top absorbs the chunk below it
/// </code>
/// glibc: malloc/malloc.c _int_malloc, _int_free, _int_realloc.
/// </remarks>
internal readonly struct HeapChunks(HeapArena arena, HeapGrowth growth)
{
    private const uint TrimAfterBytes = 64 << 10;    // glibc: FASTBIN_CONSOLIDATION_THRESHOLD

    private readonly HeapBins _bins = new(arena);

    /// <summary>Takes a chunk of at least that size from the heap without growing it.</summary>
    public bool TryTake(uint wanted, out VirtualAddress chunk)
    {
        if (!_bins.TryTake(wanted, out chunk)) return TryTakeFromTop(wanted, out chunk);
        Use(chunk, wanted);
        return true;
    }

    /// <summary>Takes a chunk of that size from the end of the heap.</summary>
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

    /// <summary>Frees a chunk.</summary>
    public void Free(VirtualAddress chunk, HeapChunk head)
    {
        arena.InUseBytes -= head.ByteLength;
        arena.InUseCount--;
        Release(chunk, head);
    }

    /// <summary>Shrinks a chunk, or grows it into a free chunk above. Returns false if that is too small.</summary>
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

    /// <summary>Marks a chunk as used and frees the bytes beyond those wanted.</summary>
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

    /// <summary>Stores the size of a free chunk at both ends and adds it to its bin. Its neighbours must be in use.</summary>
    private void Settle(VirtualAddress chunk, uint byteLength, bool isBelowInUse)
    {
        arena.SetHead(chunk, HeapChunk.Of(byteLength, isBelowInUse));
        VirtualAddress above = chunk + byteLength;
        arena.SetBytesBelow(above, byteLength);
        arena.SetHead(above, arena.Head(above).With(isBelowInUse: false));
        _bins.Add(chunk, byteLength);
    }

    /// <summary>Joins a chunk with its free neighbours. Trims the top if the result is large enough.</summary>
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

    /// <summary>Removes a chunk from its bin if it is free, and returns its size; 0 if it is in use.</summary>
    private uint TakeIfFree(VirtualAddress chunk)
    {
        if (arena.IsInUse(chunk)) return 0;
        uint byteLength = arena.Head(chunk).ByteLength;
        _bins.Remove(chunk, byteLength);
        return byteLength;
    }
}
