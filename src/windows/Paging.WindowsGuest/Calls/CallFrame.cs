using System.Text;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Calls;

/// <summary>A call that a thread makes: its arguments, and its memory as the called function sees it.</summary>
/// <remarks>Arguments are 32-bit words above the return address: stdcall, which all calls here follow.</remarks>
internal readonly struct CallFrame(ProgramState program, GuestThread thread)
{
    private const int TextLengthMax = 1 << 16;    // far beyond any path or name (MAX_PATH, UNICODE_STRING: 32,767)

    /// <summary>The program.</summary>
    public ProgramState Program => program;

    /// <summary>The calling thread.</summary>
    public GuestThread Thread => thread;

    /// <summary>An argument; 0 if its word cannot be read.</summary>
    // 4: the return address
    public uint this[int index] => ReadWord(thread.StackPointer.Value + 4 + ((uint)index * 4), out uint word) ? word : 0;

    /// <summary>An argument as an address.</summary>
    public VirtualAddress Address(int index) => new(this[index]);

    /// <summary>Reads a word.</summary>
    public bool ReadWord(uint address, out uint word) => program.Process.Access.TryRead(new VirtualAddress(address), out word, out _);

    /// <summary>Reads a number of 64 bits, its low word first; 0 if the program gives none. Returns false at a bad place.</summary>
    public bool ReadLongIfGiven(uint address, out long number)
    {
        uint low = 0, high = 0;
        bool isRead = address == 0 || (ReadWord(address, out low) && ReadWord(address + 4, out high));
        number = (long)(((ulong)high << 32) | low);
        return isRead;
    }

    /// <summary>Writes a word. Returns false at a bad place.</summary>
    public bool WriteWord(uint address, uint word) => program.Process.Access.TryWrite(new VirtualAddress(address), word, out _);

    /// <summary>Writes a word, unless the program does not want it.</summary>
    public bool WriteWordIfWanted(uint address, uint word) => address == 0 || WriteWord(address, word);

    /// <summary>Reads bytes. Returns false at a bad place.</summary>
    public bool Read(uint address, Span<byte> bytes) => program.Process.Access.TryCopyOut(new(address), bytes, out _);

    /// <summary>Writes bytes. Returns false at a bad place; those before it have been written.</summary>
    public bool Write(uint address, ReadOnlySpan<byte> bytes) =>
        program.Process.Mmu.CopyIn(new VirtualAddress(address), bytes, out _) == bytes.Length;

    /// <summary>Reads a text that a zero ends, of bytes or of 16-bit characters. Null: no text, or one without an end.</summary>
    public string? ReadText(uint address, bool isWide)
    {
        if (address == 0) return null;
        StringBuilder text = new();
        for (uint at = address; text.Length < TextLengthMax; at += isWide ? 2u : 1u)
        {
            ushort character = 0;
            if (isWide ? !program.Process.Access.TryRead(new VirtualAddress(at), out character, out _) : !TryByte(at, out character))
                return null;
            if (character == 0) return text.ToString();
            text.Append((char)character);
        }

        return null;
    }

    /// <summary>The result of a BOOL function: 1, or 0 with a last error.</summary>
    public uint Boolean(Win32Error error) => error == Win32Error.Success ? 1 : Fail(error);

    /// <summary>Sets the last error. Returns 0, the result of most functions that fail.</summary>
    public uint Fail(Win32Error error)
    {
        thread.Block.SetLastError(error);
        return 0;
    }

    /// <summary>The call is made by a routine, which calls functions of the program. Returns null: its result comes later.</summary>
    public uint? Call(Func<GuestRoutine, IEnumerable<GuestCall>> body)
    {
        if (!program.Routines.Begin(body)) program.End((uint)NtStatus.StackOverflow, "no room left on the stack for a call");
        return null;
    }

    /// <summary>Raises an exception at the place to which the call returns. Returns null: there is no result.</summary>
    public uint? Raise(ExceptionRecord record)
    {
        if (!program.Exceptions.Raise(record)) program.EndUnhandled(record);
        return null;
    }

    private bool TryByte(uint address, out ushort character)
    {
        bool isRead = program.Process.Access.TryRead(new VirtualAddress(address), out byte value, out _);
        character = value;
        return isRead;
    }
}
