using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Peers;

/// <summary>A machine of Unicorn's that is used through its memory API: physical memory in regions, no page tables.</summary>
/// <remarks>The emulator finds a region by searching, allocates its bytes as a whole, and joins none that lie side by side.</remarks>
internal sealed class EmulatedMemory : IDisposable
{
    /// <summary>Where regions of contenders lie: nothing else is there.</summary>
    public const ulong Start = 0x1000_0000;

    /// <summary>The rights of a region (uc_prot).</summary>
    public const uint ReadOnly = 1, ReadWrite = 3, All = 7;

    private const int ArchitectureX86 = 4, Mode32 = 1 << 2;

    /// <summary>Makes a machine without memory.</summary>
    public EmulatedMemory()
    {
        Require(UnicornApi.Open(ArchitectureX86, Mode32, out nint handle), "uc_open");
        Handle = handle;
    }

    /// <summary>Makes one with a region at <see cref="Start"/> that is filled with <see cref="EngineWorld.FilledByte"/>.</summary>
    public static EmulatedMemory WithRegion(uint byteLength)
    {
        EmulatedMemory memory = new();
        memory.Map(Start, byteLength);
        memory.Fill(byteLength);
        return memory;
    }

    /// <summary>Unicorn's own name for it.</summary>
    public nint Handle { get; }

    /// <summary>How many regions it has.</summary>
    // Unsafe: the emulator stays within the span, whose length it gets.
    public unsafe uint RegionCount
    {
        get
        {
            void* regions;
            uint count;
            Require(PeerCalls.ListRegions(Handle, &regions, &count), "uc_mem_regions");
            _ = PeerCalls.FreeRegions(regions);
            return count;
        }
    }

    /// <summary>Adds a region of whole pages.</summary>
    public void Map(ulong address, uint byteLength, uint protection = ReadWrite) =>
        Require(PeerCalls.MapMemory(Handle, address, byteLength, protection), "uc_mem_map");

    /// <summary>Takes memory away.</summary>
    public void Unmap(ulong address, uint byteLength) => Require(PeerCalls.UnmapMemory(Handle, address, byteLength), "uc_mem_unmap");

    /// <summary>Changes the rights of pages; one region becomes up to three.</summary>
    public void Protect(ulong address, uint byteLength, uint protection) =>
        Require(PeerCalls.ProtectMemory(Handle, address, byteLength, protection), "uc_mem_protect");

    /// <summary>Copies bytes out.</summary>
    // Unsafe: the emulator stays within the span, whose length it gets.
    public unsafe void Read(ulong address, Span<byte> bytes)
    {
        fixed (byte* target = bytes) Require(UnicornApi.ReadMemory(Handle, address, target, (nuint)bytes.Length), "uc_mem_read");
    }

    /// <summary>Copies bytes in.</summary>
    // Unsafe: the emulator stays within the span, whose length it gets.
    public unsafe void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* source = bytes) Require(UnicornApi.WriteMemory(Handle, address, source, (nuint)bytes.Length), "uc_mem_write");
    }

    /// <summary>Reads a word back.</summary>
    public uint Read(ulong address)
    {
        uint word = 0;
        Read(address, MemoryMarshal.AsBytes(new Span<uint>(ref word)));
        return word;
    }

    /// <summary>Stores <see cref="EngineWorld.FilledByte"/> everywhere in the first bytes of <see cref="Start"/>.</summary>
    public void Fill(uint byteLength)
    {
        byte[] bytes = new byte[Math.Min(byteLength, 1u << 20)];
        bytes.AsSpan().Fill(EngineWorld.FilledByte);
        for (uint done = 0; done < byteLength; done += (uint)bytes.Length) Write(Start + done,
            bytes.AsSpan(0, (int)Math.Min(byteLength - done, (uint)bytes.Length)));
    }

    /// <summary>Fails the benchmark when a call did not succeed.</summary>
    public static void Require(UnicornError error, string call)
    {
        if (error != UnicornError.None)
            throw new BrokenBenchmarkException($"{call} of Unicorn returned {Marshal.PtrToStringUTF8(UnicornApi.TextOf(error))}.");
    }

    /// <inheritdoc/>
    public void Dispose() => Require(UnicornApi.Close(Handle), "uc_close");
}
