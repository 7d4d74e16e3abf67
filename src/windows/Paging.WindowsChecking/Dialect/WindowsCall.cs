using System.Collections.Immutable;
using System.Text;

namespace Paging.WindowsChecking.Dialect;

/// <summary>The calls of the Windows dialect, in the order of its document; the spelling is that of a scenario.</summary>
public enum WindowsCallName : byte
{
#pragma warning disable CS1591 // each is the call of that name in docs/WINDOWS-DIALECT.md
    VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery, VirtualLock, VirtualUnlock, GetWriteWatch, ResetWriteWatch,
    CreateFileMapping, OpenFileMapping, DuplicateHandle, MapViewOfFile, MapViewOfFileEx, UnmapViewOfFile, FlushViewOfFile, CloseHandle,
    ReadProcessMemory, WriteProcessMemory,
    NtAllocateVirtualMemory, NtAllocateVirtualMemoryEx, NtFreeVirtualMemory, NtProtectVirtualMemory, NtCreateSection, NtQuerySection,
    NtMapViewOfSection, NtUnmapViewOfSection,
    Open, ReadFile, WriteFile, SetEndOfFile, GetFileSize,
    Load, Load32, Store, Store32, Fill, Sum, Exec,
    Regions, Workingset, Stack, Stacklimit, Spawn,
#pragma warning restore CS1591
}

/// <summary>One call of a Windows scenario.</summary>
/// <param name="Process">The process that makes it; 0 for the first.</param>
/// <param name="Name">The call.</param>
/// <param name="Numbers">Its arguments but a name. Section <c>sN</c> is N; file <c>fN</c> is N with <see cref="FileMark"/>.</param>
/// <param name="Text">The name between quotation marks, or null.</param>
public sealed record WindowsCall(int Process, WindowsCallName Name, ImmutableArray<long> Numbers, string? Text = null)
{
    /// <summary>Marks the number of an open file, so that it cannot be taken for a section's.</summary>
    public const long FileMark = 1L << 32;

    /// <summary>An argument by its place, not counting a name; 0 if it is missing.</summary>
    public long this[int index] => index < Numbers.Length ? Numbers[index] : 0;

    /// <summary>An argument as 32 bits.</summary>
    public uint Word(int index) => (uint)this[index];

    /// <summary>How the call is spelled in a scenario.</summary>
    public static string Spell(WindowsCallName name)
    {
        string text = name.ToString();
        return name >= WindowsCallName.Load || name == WindowsCallName.Open ? text.ToLowerInvariant() : text;
    }

    /// <summary>The call as it stands in a scenario.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        if (Process != 0) text.Append('[').Append(Process).Append("] ");
        text.Append(Spell(Name)).Append('(');
        bool isNameFirst = Name == WindowsCallName.Open;
        if (isNameFirst) text.Append('"').Append(Text).Append('"');
        for (int i = 0; i < Numbers.Length; i++)
        {
            if (i > 0 || isNameFirst) text.Append(", ");
            text.Append(Print(i));
        }

        if (Text is not null && !isNameFirst) text.Append(", \"").Append(Text).Append('"');
        return text.Append(')').ToString();
    }

    private string Print(int index)
    {
        long value = Numbers[index];
        if ((value & FileMark) != 0 && value > 0) return $"f{value & ~FileMark}";
        if (index == 0 && TakesSection(Name)) return $"s{value}";
        return value < 10 ? $"{value}" : $"0x{value:x}";
    }

    private static bool TakesSection(WindowsCallName name) => name is WindowsCallName.MapViewOfFile or WindowsCallName.MapViewOfFileEx
        or WindowsCallName.NtMapViewOfSection or WindowsCallName.NtQuerySection or WindowsCallName.DuplicateHandle
        or WindowsCallName.CloseHandle;
}
