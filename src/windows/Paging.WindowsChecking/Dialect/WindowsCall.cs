using System.Collections.Immutable;
using Paging.Scripting.Calls;
using static Paging.WindowsChecking.Dialect.WindowsArguments;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Every call of the Windows dialect, described once, and calls as the machines read them.</summary>
public static class WindowsCall
{
    /// <summary>Marks the number of an open file, so that it cannot be taken for a section's.</summary>
    public const long FileMark = 1L << 32;

    /// <summary>All calls, in the order of <see cref="WindowsCallName"/>.</summary>
    public static ImmutableArray<CallSignature> All { get; } = [.. MakeSignatures()];

    /// <summary>Makes a call.</summary>
    /// <param name="process">The process that makes it; 0 for the first.</param>
    /// <param name="name">The call.</param>
    /// <param name="numbers">Its arguments but a name. Section <c>sN</c> is N; file <c>fN</c> is N with <see cref="FileMark"/>.</param>
    /// <param name="text">The name between quotation marks, or null.</param>
    public static ScenarioCall Of(int process, WindowsCallName name, ReadOnlySpan<long> numbers, string? text = null)
    {
        ScenarioCall call = new(All[(int)name], process, numbers.Length, FileName: text);
        for (int i = 0; i < numbers.Length; i++) call = call.With(i, numbers[i]);
        return call;
    }

    /// <summary>The call of a signature of this dialect.</summary>
    internal static WindowsCallName NameOf(in ScenarioCall call) => (WindowsCallName)call.Signature.Code;

    /// <summary>An argument as 32 bits.</summary>
    internal static uint Word(this in ScenarioCall call, int index) => (uint)call[index];

    private static IEnumerable<CallSignature> MakeSignatures() =>
    [
        Make(WindowsCallName.VirtualAlloc, Address, Length, AllocationTypes, Protection),
        Make(WindowsCallName.VirtualFree, Address, Length, FreeTypes),
        Make(WindowsCallName.VirtualProtect, Address, Length, Protection),
        Make(WindowsCallName.VirtualQuery, Address),
        Make(WindowsCallName.VirtualLock, Address, Length),
        Make(WindowsCallName.VirtualUnlock, Address, Length),
        Make(WindowsCallName.GetWriteWatch, WatchFlags, Address, Length, Count),
        Make(WindowsCallName.ResetWriteWatch, Address, Length),
        Make(WindowsCallName.CreateFileMapping, OpenFile, Protection, FileSize, Name) with { OptionalCount = 1 },
        Make(WindowsCallName.OpenFileMapping, ViewAccess, Name) with { OptionalCount = 1 },
        Make(WindowsCallName.DuplicateHandle, Section, ViewAccess),
        Make(WindowsCallName.MapViewOfFile, Section, ViewAccess, FileSize, Length),
        Make(WindowsCallName.MapViewOfFileEx, Section, ViewAccess, FileSize, Length, Address),
        Make(WindowsCallName.UnmapViewOfFile, Address),
        Make(WindowsCallName.FlushViewOfFile, Address, Length),
        Make(WindowsCallName.CloseHandle, AnyHandle),
        Make(WindowsCallName.ReadProcessMemory, Count, Address, Length),
        Make(WindowsCallName.WriteProcessMemory, Count, Address, Length, Count),
        Make(WindowsCallName.NtAllocateVirtualMemory, Address, Count, Length, AllocationTypes, Protection),
        Make(WindowsCallName.NtAllocateVirtualMemoryEx, Address, Length, AllocationTypes, Protection),
        Make(WindowsCallName.NtFreeVirtualMemory, Address, Length, FreeTypes),
        Make(WindowsCallName.NtProtectVirtualMemory, Address, Length, Protection),
        Make(WindowsCallName.NtCreateSection, SectionAccess, FileSize, Protection, Protection, OpenFile),
        Make(WindowsCallName.NtQuerySection, Section),
        Make(WindowsCallName.NtMapViewOfSection, Section, Address, Count, Length, FileSize, Length, MapTypes, Protection),
        Make(WindowsCallName.NtUnmapViewOfSection, Address),
        Make(WindowsCallName.Open, Name, FileSize, Count, FileRights),
        Make(WindowsCallName.ReadFile, OpenFile, Length, FileSize),
        Make(WindowsCallName.WriteFile, OpenFile, Length, FileSize, Count),
        Make(WindowsCallName.SetEndOfFile, OpenFile, FileSize),
        Make(WindowsCallName.GetFileSize, OpenFile),
        Make(WindowsCallName.Load, CallResultKind.Byte, Address),
        Make(WindowsCallName.Load32, CallResultKind.Word, Address),
        Make(WindowsCallName.Store, CallResultKind.Number, Address, Word8),
        Make(WindowsCallName.Store32, CallResultKind.Number, Address, Word32),
        Make(WindowsCallName.Fill, CallResultKind.Number, Address, Length, Word8),
        Make(WindowsCallName.Sum, CallResultKind.Crc, Address, Length),
        Make(WindowsCallName.Exec, CallResultKind.Number, Address),
        Make(WindowsCallName.Regions, CallResultKind.Block, Address, Address),
        Make(WindowsCallName.Workingset, CallResultKind.Quoted, Address, Address) with { Alphabet = "01" },
        Make(WindowsCallName.Stack, CallResultKind.Number, Address, Address, Address),
        Make(WindowsCallName.Stacklimit, CallResultKind.Address),
        Make(WindowsCallName.Spawn, CallResultKind.Number),
    ];

    private static CallSignature Make(WindowsCallName name, params ReadOnlySpan<ArgumentForm> arguments) =>
        Make(name, CallResultKind.OfDialect, arguments);

    private static CallSignature Make(WindowsCallName name, CallResultKind success, params ReadOnlySpan<ArgumentForm> arguments)
    {
        string text = name.ToString();
        bool isOurs = name is >= WindowsCallName.Load or WindowsCallName.Open;    // the others are spelled as in the Windows headers
        return new((byte)name, isOurs ? text.ToLowerInvariant() : text, success, CallFailure.OfDialect, [.. arguments]);
    }
}
