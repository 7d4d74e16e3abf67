using System.Diagnostics;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>A malloc over brk that keeps all its state in the memory of its program.</summary>
/// <remarks><code>
///   small and medium     from the heap: best fit, split and joined with free neighbours at once; the top grows by brk
///   from 128 kB on       a mapping of its own; the threshold follows freed sizes up to 512 kB, until the program sets it
/// </code>
/// Sizes, alignment, thresholds and trimming are those of glibc on i386 (malloc/malloc.c). glibc's caches of recently freed chunks are
/// left out. An access that gets no frame throws <see cref="PageFaultException"/>; the program would die of it.
/// No managed allocation. Audited: <see cref="Audit"/>.
/// </remarks>
[DebuggerDisplay("{Statistics}")]
public sealed class GuestHeap
{
    private const uint DefaultThreshold = 128 << 10;
    private const uint RequestMax = 0x7FFF_FFFF;             // PTRDIFF_MAX
    private const uint CopyBytes = VirtualAddress.PageSize;

    private readonly AddressSpace _space;
    private readonly HeapArena _arena;
    private readonly HeapGrowth _growth;
    private readonly HeapChunks _chunks;

    private GuestHeap(AddressSpace space)
    {
        _space = space;
        _arena = new(space.Mmu, new((space.StartBreak.Value + HeapChunk.Alignment - 1) & ~(HeapChunk.Alignment - 1)));
        _growth = new(space, _arena);
        _chunks = new(_arena, _growth);
    }

    /// <summary>Makes a heap at the start of a process's break. Returns false if brk refuses or the break was moved already.</summary>
    public static bool TryCreate(UserProcess process, out GuestHeap heap)
    {
        ArgumentNullException.ThrowIfNull(process);
        AddressSpace space = process.Memory;
        heap = new(space);
        VirtualAddress first = heap._arena.FirstChunk;
        VirtualAddress end = new((uint)PageCount.Covering(first.Value + HeapChunk.ByteLengthMin).Bytes);
        if (space.Break != space.StartBreak || space.SetBreak(end) != end) return false;
        heap.Format(first, end);
        return true;
    }

    /// <summary>Finds the heap that a process has inherited from its parent. Returns false if there is none.</summary>
    public static bool TryAttach(UserProcess process, out GuestHeap heap)
    {
        ArgumentNullException.ThrowIfNull(process);
        heap = new(process.Memory);
        return heap._arena.IsThere;
    }

    /// <summary>The bytes in use, free and mapped, as mallinfo(3) returns them. Walks the heap.</summary>
    public HeapStatistics Statistics => HeapStatistics.Of(_arena);

    /// <summary>The address space that the heap occupies: from its start to the break, and its mappings. Does not walk the heap.</summary>
    public ulong HeldBytes => (_arena.End.Value - _arena.Start.Value) + (ulong)_arena.MappedBytes;

    internal HeapArena Arena => _arena;

    internal AddressSpace Space => _space;

    /// <summary>Allocates memory, as malloc(3) does; 0 bytes give a chunk as well. Returns zero if there is no memory.</summary>
    public VirtualAddress Allocate(uint byteLength)
    {
        if (byteLength > RequestMax) return VirtualAddress.Zero;
        uint wanted = HeapChunk.ByteLengthFor(byteLength);
        return _chunks.TryTake(wanted, out VirtualAddress chunk)
            ? chunk + HeapChunk.HeaderByteLength
            : AllocateFromKernel(byteLength, wanted);
    }

    /// <summary>Allocates zeroed memory, as calloc(3) does. Returns zero if there is no memory or the product overflows.</summary>
    public VirtualAddress AllocateZeroed(uint count, uint byteLength)
    {
        ulong total = (ulong)count * byteLength;
        VirtualAddress address = total > RequestMax ? VirtualAddress.Zero : Allocate((uint)total);
        if (address == VirtualAddress.Zero) return address;
        if (_arena.Head(address - HeapChunk.HeaderByteLength).IsMapped) return address;    // a new mapping is zeroed already
        uint filled = _space.Mmu.Fill(address, (uint)total, 0, out MemoryFault fault);
        return filled == total ? address : throw new PageFaultException(fault);
    }

    /// <summary>Frees memory, as free(3) does. Does nothing for address zero.</summary>
    public HeapError Free(VirtualAddress address)
    {
        if (address == VirtualAddress.Zero) return HeapError.None;
        HeapError error = Find(address, out VirtualAddress chunk, out HeapChunk head);
        if (error != HeapError.None) return error;
        if (head.IsMapped)
        {
            _growth.Unmap(chunk);
            return HeapError.None;
        }

        _chunks.Free(chunk, head);
        return HeapError.None;
    }

    /// <summary>Resizes a block, as realloc(3) does: in place if possible, otherwise by mremap or by copying.</summary>
    /// <returns>Zero if there is no memory; the old block is unchanged then.</returns>
    public VirtualAddress Reallocate(VirtualAddress address, uint byteLength, out HeapError error)
    {
        error = HeapError.None;
        if (address == VirtualAddress.Zero) return Allocate(byteLength);
        error = Find(address, out VirtualAddress chunk, out HeapChunk head);
        if (error != HeapError.None || byteLength > RequestMax) return VirtualAddress.Zero;
        if (head.IsMapped && _growth.TryRemap(chunk, byteLength, out VirtualAddress moved)) return moved + HeapChunk.HeaderByteLength;
        if (!head.IsMapped && _chunks.TryResize(chunk, head, HeapChunk.ByteLengthFor(byteLength))) return address;

        VirtualAddress copy = Allocate(byteLength);
        if (copy == VirtualAddress.Zero) return copy;
        Copy(address, copy, Math.Min(HeapChunk.UsableBytes(head), byteLength));
        Free(address);
        return copy;
    }

    /// <summary>Returns the usable bytes of a block, as malloc_usable_size(3) does; 0 for an address that malloc did not return.</summary>
    public uint UsableBytes(VirtualAddress address) =>
        Find(address, out _, out HeapChunk head) == HeapError.None ? HeapChunk.UsableBytes(head) : 0;

    /// <summary>Sets an option, as mallopt(3) does. After that the thresholds no longer follow freed sizes.</summary>
    /// <returns>False for a mapping threshold above 512 kB.</returns>
    public bool SetOption(HeapOption option, uint value)
    {
        switch (option)
        {
            case HeapOption.MmapThreshold when value > HeapGrowth.MmapThresholdMax: return false;
            case HeapOption.MmapThreshold: _arena.MmapThreshold = value; break;
            case HeapOption.TrimThreshold: _arena.TrimThreshold = value; break;
            case HeapOption.TopPad: _arena.TopPad = value; break;
            default: return false;
        }

        _arena.IsThresholdFixed = true;
        return true;
    }

    /// <summary>Returns the present value of an option.</summary>
    public uint GetOption(HeapOption option) => option switch
    {
        HeapOption.MmapThreshold => _arena.MmapThreshold,
        HeapOption.TrimThreshold => _arena.TrimThreshold,
        _ => _arena.TopPad,
    };

    /// <summary>Gives the end of the heap back except for some bytes, as malloc_trim(3) does. Returns true if it gave any back.</summary>
    public bool Trim(uint keepByteLength) => _growth.TryTrim(keepByteLength);

    /// <summary>Recounts the heap from its raw words and checks rules H1–H5.</summary>
    public void Audit(AuditReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        HeapAudit.Run(this, _growth, report);
    }

    /// <summary>Returns the chunks by address, the top last; without those that have mappings of their own. Allocates.</summary>
    public IReadOnlyList<HeapChunkSnapshot> SnapshotChunks()
    {
        List<HeapChunkSnapshot> chunks = [];
        VirtualAddress top = _arena.Top;
        for (VirtualAddress chunk = _arena.FirstChunk; chunk < top; chunk += _arena.Head(chunk).ByteLength)
        {
            if (_arena.Head(chunk).ByteLength < HeapChunk.ByteLengthMin) return chunks;    // corrupted by the program
            chunks.Add(new(chunk, _arena.Head(chunk).ByteLength, _arena.IsInUse(chunk)));
        }

        chunks.Add(new(top, _arena.Head(top).ByteLength, IsInUse: false));
        return chunks;
    }

    private void Format(VirtualAddress first, VirtualAddress end)
    {
        _arena.SetMagic();
        _arena.End = end;
        _arena.Top = first;
        _arena.MmapThreshold = _arena.TrimThreshold = _arena.TopPad = DefaultThreshold;
        _arena.SetHead(first, HeapChunk.Of(end.Value - first.Value, isBelowInUse: true));
    }

    /// <summary>Maps a large request and moves the break for a smaller one. If brk fails, maps that one, too. glibc: sysmalloc.</summary>
    private VirtualAddress AllocateFromKernel(uint requested, uint wanted)
    {
        VirtualAddress chunk;
        if (wanted >= _arena.MmapThreshold && _growth.TryMap(requested, out chunk)) return chunk + HeapChunk.HeaderByteLength;
        if (_growth.TryExtendTop(wanted) && _chunks.TryTakeFromTop(wanted, out chunk)) return chunk + HeapChunk.HeaderByteLength;
        return _growth.TryMap(requested, out chunk) ? chunk + HeapChunk.HeaderByteLength : VirtualAddress.Zero;
    }

    private void Copy(VirtualAddress from, VirtualAddress to, uint byteLength)
    {
        Span<byte> bytes = stackalloc byte[(int)CopyBytes];
        for (uint done = 0; done < byteLength; done += CopyBytes)
        {
            Span<byte> part = bytes[..(int)Math.Min(CopyBytes, byteLength - done)];
            bool isCopied = _space.Mmu.CopyOut(from + done, part, out MemoryFault fault) == part.Length
                && _space.Mmu.CopyIn(to + done, part, out fault) == part.Length;
            if (!isCopied) throw new PageFaultException(fault);
        }
    }

    /// <summary>Finds the chunk of an address that a program gives back. Rejects addresses that are visibly not a chunk in use.</summary>
    private HeapError Find(VirtualAddress address, out VirtualAddress chunk, out HeapChunk head)
    {
        chunk = address - HeapChunk.HeaderByteLength;
        head = default;
        if (address.Value % HeapChunk.Alignment != 0 || !_arena.Mmu.TryRead(chunk + 4, out uint word)) return HeapError.InvalidPointer;
        head = new(word);
        if (head.IsMapped)
        {
            bool isPlausible = chunk.OffsetInPage == HeapChunk.HeaderByteLength && (head.ByteLength & VirtualAddress.OffsetMask) == 0;
            return isPlausible ? HeapError.None : HeapError.InvalidPointer;
        }
        VirtualAddress top = _arena.Top;
        if (chunk < _arena.FirstChunk || chunk > top || head.ByteLength < HeapChunk.ByteLengthMin) return HeapError.InvalidPointer;
        if (chunk == top) return HeapError.DoubleFree;
        if (head.ByteLength > top.Value - chunk.Value) return HeapError.InvalidPointer;
        return _arena.IsInUse(chunk) ? HeapError.None : HeapError.DoubleFree;
    }
}
