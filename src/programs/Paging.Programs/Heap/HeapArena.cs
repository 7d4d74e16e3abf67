using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Heap;

//  StartBreak  ┌───────┬─────┬─────┬────────────┬────────┬──────────────┬──────────┬──────┬─────┐
//              │ magic │ top │ end │ thresholds │ mapped │ in use       │ 64 bins  │chunks│ top │
//              └───────┴─────┴─────┴────────────┴────────┴──────────────┴──────────┴──────┴─────┘ end = the break
/// <summary>The words at the start of a heap. They lie in the program's own memory, so a forked child has its own copy.</summary>
internal readonly struct HeapArena(Mmu mmu, VirtualAddress start)
{
    public const uint Magic = 0x5041_4548;
    public const int BinCount = 64;
    private const uint BinsAt = 64;
    private const uint ByteLength = BinsAt + (BinCount * sizeof(uint));

    public Mmu Mmu => mmu;
    public VirtualAddress Start => start;

    /// <summary>The lowest chunk, placed so that blocks are multiples of 16.</summary>
    public VirtualAddress FirstChunk => start + ByteLength + HeapChunk.HeaderByteLength;

    public bool IsThere => mmu.TryRead(start, out uint magic) && magic == Magic;

    /// <summary>The chunk that ends at the break. It is never in a bin.</summary>
    public VirtualAddress Top { get => new(Read(4)); set => Write(4, value.Value); }

    /// <summary>The break as the heap last set it.</summary>
    public VirtualAddress End { get => new(Read(8)); set => Write(8, value.Value); }

    /// <summary>M_MMAP_THRESHOLD.</summary>
    public uint MmapThreshold { get => Read(12); set => Write(12, value); }

    /// <summary>M_TRIM_THRESHOLD.</summary>
    public uint TrimThreshold { get => Read(16); set => Write(16, value); }

    /// <summary>M_TOP_PAD.</summary>
    public uint TopPad { get => Read(20); set => Write(20, value); }

    /// <summary>True after the program has set a threshold, which then no longer follows freed sizes.</summary>
    public bool IsThresholdFixed { get => Read(24) != 0; set => Write(24, value ? 1u : 0u); }

    /// <summary>The first chunk with a mapping of its own.</summary>
    public VirtualAddress FirstMapped { get => new(Read(28)); set => Write(28, value.Value); }

    public uint MappedCount { get => Read(32); set => Write(32, value); }
    public uint MappedBytes { get => Read(36); set => Write(36, value); }
    public uint InUseBytes { get => Read(40); set => Write(40, value); }
    public uint InUseCount { get => Read(44); set => Write(44, value); }

    public VirtualAddress Bin(int index) => new(mmu.Read<uint>(BinAddress(index)));

    public void SetBin(int index, VirtualAddress chunk) => mmu.Write(BinAddress(index), chunk.Value);

    public void SetMagic() => Write(0, Magic);

    public HeapChunk Head(VirtualAddress chunk) => new(mmu.Read<uint>(chunk + 4));

    public void SetHead(VirtualAddress chunk, HeapChunk head) => mmu.Write(chunk + 4, head.Word);

    /// <summary>Returns the size of the free chunk below, which that chunk has stored here.</summary>
    public uint BytesBelow(VirtualAddress chunk) => mmu.Read<uint>(chunk);

    public void SetBytesBelow(VirtualAddress chunk, uint byteLength) => mmu.Write(chunk, byteLength);

    public VirtualAddress Next(VirtualAddress chunk) => new(mmu.Read<uint>(chunk + 8));

    public void SetNext(VirtualAddress chunk, VirtualAddress next) => mmu.Write(chunk + 8, next.Value);

    public VirtualAddress Previous(VirtualAddress chunk) => new(mmu.Read<uint>(chunk + 12));

    public void SetPrevious(VirtualAddress chunk, VirtualAddress previous) => mmu.Write(chunk + 12, previous.Value);

    /// <summary>Returns true if the chunk is in use, which the chunk above it records. The top is not.</summary>
    public bool IsInUse(VirtualAddress chunk) => chunk != Top && Head(chunk + Head(chunk).ByteLength).IsBelowInUse;

    private VirtualAddress BinAddress(int index) => start + BinsAt + (uint)(index * sizeof(uint));

    private uint Read(uint at) => mmu.Read<uint>(start + at);

    private void Write(uint at, uint value) => mmu.Write(start + at, value);
}
