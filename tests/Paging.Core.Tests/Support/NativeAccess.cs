using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>Loads and stores through a window as native code makes them. A refused one is a fault, and is reported.</summary>
/// <remarks>The host's kernel makes the access and obeys the mappings of this process: process_vm_readv(2) and writev.</remarks>
internal static unsafe partial class NativeAccess
{
    private static readonly int Process = Environment.ProcessId;

    /// <summary>Loads a word. Returns the outcome of the fault that could not be resolved, and Shown if it was loaded.</summary>
    public static WindowOutcome Load(MemoryWindow window, VirtualAddress at, out uint value)
    {
        uint loaded = 0;
        WindowOutcome outcome = Access(window, at, &loaded, AccessKind.Read);
        value = loaded;
        return outcome;
    }

    /// <summary>Stores a word.</summary>
    public static WindowOutcome Store(MemoryWindow window, VirtualAddress at, uint value) =>
        Access(window, at, &value, AccessKind.Write);

    /// <summary>True if the host makes the access without a fault.</summary>
    public static bool Hits(MemoryWindow window, VirtualAddress at, AccessKind access)
    {
        uint value = 0;
        bool isLoaded = TryAccess(window, at, &value, AccessKind.Read);
        return access == AccessKind.Read || !isLoaded ? isLoaded : TryAccess(window, at, &value, AccessKind.Write);
    }

    private static WindowOutcome Access(MemoryWindow window, VirtualAddress at, uint* value, AccessKind access)
    {
        while (!TryAccess(window, at, value, access))
        {
            WindowOutcome outcome = window.Resolve(window.Start + (nint)at.Value, access, out _);
            if (outcome != WindowOutcome.Shown) return outcome;
        }

        return WindowOutcome.Shown;
    }

    private static bool TryAccess(MemoryWindow window, VirtualAddress at, uint* value, AccessKind access)
    {
        Part here = new() { Start = (nint)value, Length = sizeof(uint) };
        Part there = new() { Start = window.Start + (nint)at.Value, Length = sizeof(uint) };
        nint done = access == AccessKind.Write ? Write(Process, &here, 1, &there, 1, 0) : Read(Process, &here, 1, &there, 1, 0);
        return done == sizeof(uint);
    }

    private struct Part
    {
        public nint Start;
        public nint Length;
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int process, Part* here, nint hereCount, Part* there, nint thereCount, nint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int process, Part* here, nint hereCount, Part* there, nint thereCount, nint flags);
}
