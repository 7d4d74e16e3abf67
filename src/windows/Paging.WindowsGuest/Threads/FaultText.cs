using System.Globalization;
using Iced.Intel;
using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Threads;

/// <summary>Describes the instruction and the access of an exception.</summary>
internal static class FaultText
{
    private const int InstructionByteLengthMax = 15, PageByteLength = (int)VirtualAddress.PageSize;    // longer ones raise #GP

    /// <summary>The instruction at an address, as a disassembler shows it; "?" where no code can be read.</summary>
    public static string InstructionAt(WindowsProcess process, VirtualAddress at)
    {
        byte[] bytes = new byte[InstructionByteLengthMax];
        int length = bytes.Length;
        if (!CanRead()) length = Math.Min(length, PageByteLength - (int)(at.Value % PageByteLength));    // the next page may be missing
        if (!CanRead()) return "?";
        Instruction instruction = Decoder.Create(32, bytes.AsSpan(0, length).ToArray(), at.Value).Decode();
        StringOutput text = new();
        new NasmFormatter().Format(instruction, text);
        return instruction.IsInvalid ? "?" : text.ToStringAndReset();

        bool CanRead() => process.Access.ReadProcessMemory(at, bytes.AsSpan(0, length), out _) == Win32Error.Success;
    }

    /// <summary>Access and address of an access violation; empty for other exceptions.</summary>
    public static string Access(ReadOnlySpan<uint> parameters)
    {
        if (parameters.Length < 2) return "";
        string tried = (AccessIntent)parameters[0] switch
        {
            AccessIntent.Write => "write to",
            AccessIntent.Execute => "execution of",
            _ => "read of",
        };
        return string.Create(CultureInfo.InvariantCulture, $": {tried} {parameters[1]:x8}");
    }
}
