using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Collections;

/// <summary>Records of one type in native memory, named by 32-bit indexes from 1; 0 is "none".</summary>
/// <remarks>
/// <code>
///   index     31 ............ 16 15 ......... 0       (of records above 64 bytes: 12 bits)
///                  chunk            item            chunk table ─► chunk: 65,536 records, then their live bits
///
///   a dead record                                   ┌──────────────┬───────────────────────────────┐
///                                                   │ next free    │ poison, when checks are on    │
///                                                   └──────────────┴───────────────────────────────┘
/// </code>
/// A record never moves, so a <c>ref</c> to it stays good until the record is freed. Taking and freeing cost O(1), looking up
/// one load in the first chunk, two in later ones. The index freed last is taken first; indexes never taken follow in order. No
/// managed allocation: the memory that grows is native. Threading: slow path only.
/// </remarks>
internal sealed class NativeSlab<T> : IDisposable
    where T : unmanaged
{
    private const byte PoisonByte = 0xA5;

    private readonly FaultInjection? _injection;
    private readonly ChunkTable _owner = new();
    private unsafe T** _chunks;    // the owner's table, which moves as it grows; the chunks stay where they are
    private unsafe T* _firstChunk;    // the same as _chunks[0]
    private uint _firstFree;    // 0 none
    private uint _end = 1;    // the lowest index never taken; S2: indexes below it are live or in the free list

    /// <summary>Makes an empty slab, which owns no memory yet.</summary>
    /// <param name="injection">Counts allocations and refuses one on request.</param>
    public NativeSlab(FaultInjection? injection = null)
    {
        if (Unsafe.SizeOf<T>() < sizeof(uint))
            throw new NotSupportedException($"A record of {Unsafe.SizeOf<T>()} bytes cannot hold the free list's link.");
        _injection = injection;
    }

    /// <summary>
    /// Records of a chunk: as many as one process may have areas, so that an engine seldom needs a second chunk; of large ones, fewer.
    /// </summary>
    internal static int ChunkLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1 << ChunkShift;
    }

    /// <summary>S1: the number of records in use.</summary>
    public uint LiveCount { get; private set; }

    /// <summary>A live record. With checks on, a dead or foreign index is detected.</summary>
    /// <exception cref="InvariantException">S4: no such record, when checks are on.</exception>
    public ref T this[uint index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Check.Cheap && !IsLive(index)) ThrowDead(index);
            return ref At(index);
        }
    }

    /// <summary>Takes a record, all zero.</summary>
    /// <returns>False: the host has no memory, or this allocation is to fail.</returns>
    public bool TryAllocate(out uint index)
    {
        index = 0;
        if (_injection is not null && _injection.Refuses()) return false;
        if (_firstFree != 0)
        {
            index = _firstFree;
            _firstFree = Link(index);
        }
        else
        {
            if (_end >> ChunkShift >= _owner.Count && !TryAddChunk()) return false;
            index = _end++;
        }
        At(index) = default;
        LiveWord(index) |= LiveBit(index);
        LiveCount++;
        return true;
    }

    /// <summary>Gives a record back.</summary>
    /// <exception cref="InvariantException">S4: it is not in use, when checks are on.</exception>
    // SAFETY: IsLive has checked the index where checks are on; Address keeps to the chunks below _end.
    public unsafe void Free(uint index)
    {
        if (Check.Cheap)
        {
            if (!IsLive(index)) ThrowDead(index);
            Unsafe.InitBlockUnaligned(ref Unsafe.As<T, byte>(ref At(index)), PoisonByte, (uint)sizeof(T));
        }
        Link(index) = _firstFree;
        _firstFree = index;
        LiveWord(index) &= ~LiveBit(index);
        LiveCount--;
    }

    /// <summary>True if the index names a record in use; any number may be passed.</summary>
    public bool IsLive(uint index) => index - 1 < _end - 1 && (LiveWord(index) & LiveBit(index)) != 0;    // 0 wraps past every index

    /// <summary>
    /// The lowest live index above another one, or 0. <c>for (uint i = slab.NextLive(0); i != 0; i = slab.NextLive(i))</c>
    /// </summary>
    public uint NextLive(uint index)
    {
        for (index++; index < _end; index = (index | 63) + 1)
        {
            ulong bits = LiveWord(index) >> (int)(index & 63);
            if (bits != 0) return index + (uint)BitOperations.TrailingZeroCount(bits);
        }
        return 0;
    }

    /// <summary>Recounts the live bits and walks the free list. Costs a pass over the slab.</summary>
    // SAFETY: only indexes below _end are followed, and each of those has its chunk.
    public unsafe void Audit(AuditReport report)
    {
        // S1  the live records are those with a live bit.
        uint live = 0;
        for (uint index = NextLive(0); index != 0; index = NextLive(index)) live++;
        report.AddIfDifferent("S1", $"live records of {typeof(T).Name}", live, LiveCount);

        // S2  an index taken once is live or in the free list, where it is found once.
        long left = _end - 1L - live;
        for (uint index = _firstFree; index != 0; index = Link(index), left--)
        {
            if (left == 0 || index >= _end || IsLive(index))
            {
                report.Add("S2", $"the free list of {typeof(T).Name} holds {index}, {(left == 0 ? "one too many" : "which is not free")}");
                return;    // its link leads anywhere
            }
            // S3  a record is not written to after it was freed.
            if (Check.Cheap && new Span<byte>((byte*)Address(index) + sizeof(uint), sizeof(T) - sizeof(uint)).ContainsAnyExcept(PoisonByte))
                report.Add("S3", $"record {index} of {typeof(T).Name} was written to after it was freed");
        }
        if (left != 0) report.Add("S2", $"{left} dead records of {typeof(T).Name} are not in the free list");
    }

    /// <summary>Gives all chunks back. No index and no <c>ref</c> may be used afterwards.</summary>
    // SAFETY: drops the pointers together with the chunks; _end makes every index dead.
    public unsafe void Dispose()
    {
        _owner.Dispose();
        _chunks = null;
        _firstChunk = null;
        _firstFree = LiveCount = 0;
        _end = 1;
    }

    private static ulong LiveBit(uint index) => 1UL << (int)(index & 63);

    private static int ChunkShift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.SizeOf<T>() <= 64 ? 16 : 12;    // 4 MiB, of which the host commits the touched pages
    }

    // The first chunk by a branch, which is predicted, and not by its table, for which a descent from link to link would wait.
    // SAFETY: the caller's index is below _end, so TryAddChunk has made its chunk; every chunk has ChunkLength records.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe T* Address(uint index)
    {
        T* first = _firstChunk;    // before the branch: one test for null less
        return index < (uint)ChunkLength ? first + index : _chunks[index >> ChunkShift] + (index & (uint)(ChunkLength - 1));
    }

    // SAFETY: as Address; a record stays where it is until the slab is disposed.
    private unsafe ref T At(uint index) => ref *Address(index);

    // SAFETY: as Address; the constructor has refused records that are smaller than a link.
    private unsafe ref uint Link(uint index) => ref *(uint*)Address(index);

    // SAFETY: as Address; the live bits, one per record, follow the chunk's records.
    private unsafe ref ulong LiveWord(uint index) =>
        ref ((ulong*)(_chunks[index >> ChunkShift] + ChunkLength))[(index & (uint)(ChunkLength - 1)) >> 6];

    // SAFETY: the chunk was allocated for its records and their live bits.
    private unsafe bool TryAddChunk()
    {
        nuint liveBytes = (nuint)ChunkLength / 8;
        if (!_owner.TryAdd(((nuint)ChunkLength * (nuint)sizeof(T)) + liveBytes, out void* chunk)) return false;
        NativeMemory.Clear((T*)chunk + ChunkLength, liveBytes);    // records are cleared when they are taken
        _chunks = (T**)_owner.Table;
        _firstChunk = _chunks[0];
        return true;
    }

    [DoesNotReturn]
    private static void ThrowDead(uint index) =>
        throw new InvariantException($"S4: record {index} of {typeof(T).Name} is not in use: never taken, or freed already.");
}
