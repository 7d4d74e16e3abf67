using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Operations.Faults;

/// <summary>
/// The emulator's way: a program stores to memory that is not there; a hook adds a region of one page, and the store is done again.
/// </summary>
/// <remarks>Each page takes the longer the more there are . Few of them are in its favour.</remarks>
internal sealed class EmulatorFirstTouch : Contender
{
    private const uint Code = 0x0804_8000;
    private const uint PageLength = 4096;
    private const UnicornHook WriteToUnmapped = (UnicornHook)(1 << 5);    // UC_HOOK_MEM_WRITE_UNMAPPED

    private readonly EmulatedMemory _memory = new();
    private readonly byte[] _code =
    [
        0xBF, 0, 0, 0, 0,                // mov edi, start
        0xB9, 0, 0, 0, 0,                // mov ecx, count
        0x89, 0x0F,                      // again: mov [edi], ecx
        0x81, 0xC7, 0x00, 0x10, 0, 0,    // add edi, 4096
        0x49, 0x75, 0xF5,                // dec ecx; jnz again
    ];

    // Unsafe: the callback is static and outlives the emulator.
    public unsafe EmulatorFirstTouch() : base(Role.Unicorn, "hook and uc_mem_map of a page")
    {
        _memory.Map(Code, PageLength, EmulatedMemory.All);
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, byte> callback = &AddPage;
        EmulatedMemory.Require(UnicornApi.AddHook(_memory.Handle, out _, WriteToUnmapped, callback, 0, 1, 0), "uc_hook_add");
        BinaryPrimitives.WriteUInt32LittleEndian(_code.AsSpan(1), (uint)EmulatedMemory.Start);
    }

    public override int CountMax => 64;

    public override void Prepare(int count)
    {
        for (uint pages = _memory.RegionCount - 1; pages > 0; pages--) _memory.Unmap(EmulatedMemory.Start + ((pages - 1) * PageLength),
            PageLength);
        BinaryPrimitives.WriteInt32LittleEndian(_code.AsSpan(6), count);
        _memory.Write(Code, _code);
    }

    public override void Run(int count) =>
        EmulatedMemory.Require(UnicornApi.Start(_memory.Handle, Code, Code + (uint)_code.Length, 0, 0), "uc_emu_start");

    public override void Verify(int count)
    {
        BrokenBenchmarkException.ThrowUnlessEqual("regions", count + 1, _memory.RegionCount);
        BrokenBenchmarkException.ThrowUnlessEqual("the word in the last page", 1,
            _memory.Read(EmulatedMemory.Start + ((uint)(count - 1) * PageLength)));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _memory.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Called by the emulator; true: the page is there now, go on.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    // Unsafe: the callback is static and outlives the emulator.
    private static unsafe byte AddPage(nint engine, int type, ulong address, int byteLength, long value, nint user) =>
        PeerCalls.MapMemory(engine, address & ~(ulong)(PageLength - 1), PageLength, EmulatedMemory.ReadWrite) == UnicornError.None
            ? (byte)1 : (byte)0;
}
