using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop.Tests;

/// <summary>A JIT in C#: code that the host emits uses a window; a shim in C has the handler, and the faults come back here.</summary>
public sealed unsafe partial class ManagedHostTests
{
    private static MemoryWindow? _window;
    private static int _faults, _stops;

    [Trait("Category", "Medium")]
    [Fact]
    public void EmittedCodeReadsAndWritesThroughAWindow()
    {
        CCompiler.Require();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The code and the trampoline are for x86-64.");
        string library = Path.Combine(CCompiler.TakeFolder(), "window_shim.so"), bindings = Path.GetDirectoryName(HeaderText.Path)!;
        string source = Path.Combine(HeaderText.Root, "tests/interop/Paging.Interop.Tests/shim/window_shim.c");
        _ = CCompiler.Run("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", $"-I{bindings}", "-o", library, source);
        nint shim = NativeLibrary.Load(library);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, ShareRam = true });
        UserProcess process = engine.CreateProcess("jit");
        VirtualAddress at = process.Memory.MapAnonymous(8192);
        using MemoryWindow window = _window = process.OpenWindow();
        void* exported = (void*)NativeLibrary.GetExport(shim, "window_shim_install");
        delegate* unmanaged<ulong, nint, uint, Fault*, int> fault = &OnFault;
        delegate* unmanaged<Stop*, nint, void> stopped = &OnStop;
        delegate* unmanaged<nint, void*, void*, int> install = (delegate* unmanaged<nint, void*, void*, int>)exported;
        Assert.Equal(0, install(window.Start, fault, stopped));
        try
        {
            byte* code = Emit(0x8B, 0x04, 0x37, 0xC3, 0x89, 0x14, 0x37, 0xC3);    // mov eax, [rdi+rsi]; ret; mov [rdi+rsi], edx; ret
            delegate* unmanaged<nint, nint, uint> load = (delegate* unmanaged<nint, nint, uint>)code;
            delegate* unmanaged<nint, nint, uint, void> store = (delegate* unmanaged<nint, nint, uint, void>)(code + 4);
            nint word = (nint)at.Value;
            Assert.Equal((0u, 1), (load(window.Start, word), _faults));
            store(window.Start, word, 7);
            Assert.Equal((7u, 7u, 2), (load(window.Start, word), process.Memory.Mmu.Read<uint>(at), _faults));
            using Snapshot snapshot = process.TakeSnapshot();
            store(window.Start, word, 8);
            snapshot.Restore();
            GC.Collect();
            Assert.Equal((7u, 4), (load(window.Start, word), _faults));
            Assert.Equal((99u, 1), (load(window.Start, 16), _stops));    // nothing is mapped there
            Assert.Throws<NullReferenceException>(static () => Length(null!));    // the runtime's own faults go on to it
        }
        finally
        {
            Assert.Equal(0, ((delegate* unmanaged<int>)NativeLibrary.GetExport(shim, "window_shim_remove"))());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(string text) => text.Length;

    [UnmanagedCallersOnly]
    private static int OnFault(ulong window, nint hostAddress, uint access, Fault* fault)
    {
        _faults++;
        WindowOutcome outcome = _window!.Resolve(hostAddress, (AccessKind)access, out MemoryFault refusal);
        *fault = new() { Kind = (uint)refusal.Kind, Address = refusal.Address.Value };
        return (int)outcome;
    }

    // A load of nothing gives 99: its instruction has three bytes.
    [UnmanagedCallersOnly]
    private static void OnStop(Stop* stop, nint context)
    {
        _stops++;
        (stop->Registers[0], stop->Instruction) = (99, stop->Instruction + 3);
    }

    private static byte* Emit(params ReadOnlySpan<byte> code)
    {
        const int all = 7, privateAnonymous = 0x22;
        byte* made = (byte*)Map(0, 4096, all, privateAnonymous, -1, 0);
        code.CopyTo(new(made, 4096));
        return made;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint hint, nint length, int protection, int flags, int file, nint offset);

    private struct Fault
    {
        public uint Kind;
        public uint Address;
    }

    private struct Stop
    {
        public fixed ulong Registers[16];
        public ulong Instruction;
    }
}
