using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Runtime;

/// <summary>A call of the C library. It touches memory as the program's own code would.</summary>
/// <remarks>
/// A place that cannot be touched is noted and reads as zeros; when the function has ended, the exception is raised. So
/// <c>strlen(0)</c> is an access violation, as it is on Windows.
/// </remarks>
internal readonly struct RuntimeCall(CallFrame frame)
{
    // Bytes read or collected at once, at most: the host's memory grows with the program's memory, not its requests
    private const uint PartLength = 1 << 16;

    // The longest text, and the longest run of bytes: beyond them, memory is taken to end
    private const uint TextMax = 1 << 28, LengthMax = 1 << 30;

    private const uint PageLength = 0x1000;

    /// <summary>The call as the others are.</summary>
    public CallFrame Frame => frame;

    /// <summary>The library.</summary>
    public RuntimeState Runtime => (RuntimeState)frame.Program.Runtime;

    /// <summary>The calling thread.</summary>
    public GuestThread Thread => frame.Thread;

    /// <summary>An argument: 32 bits.</summary>
    public uint this[int index] => frame[index];

    /// <summary>A function of the library: cdecl, so the caller takes its arguments off the stack.</summary>
    public static ImportedCall Of(string name, Func<RuntimeCall, uint?> function) =>
        new(ImportedCall.Msvcrt, name, 0, frame => Run(frame, function));

    /// <summary>Reads bytes. If some cannot be read, there are zeros in their place, or fewer bytes.</summary>
    public byte[] Bytes(uint place, uint length)
    {
        byte[] bytes = new byte[Math.Min(length, PartLength)];
        for (uint done = 0; done < length; done += PartLength)
        {
            uint part = Math.Min(length - done, PartLength);
            // Doubled only after a part was read: a huge length costs nothing
            if (done + part > bytes.Length) Array.Resize(ref bytes, (int)Math.Min(length, 2 * done));
            if (done < LengthMax && frame.Read(place + done, bytes.AsSpan((int)done, (int)part))) continue;
            Note(place + done, part, isWrite: false);
            break;
        }

        return bytes;
    }

    /// <summary>Writes the same byte <paramref name="length"/> times.</summary>
    public void Fill(uint place, byte value, uint length)
    {
        byte[] bytes = new byte[Math.Min(length, PartLength)];
        Array.Fill(bytes, value);
        for (uint done = 0; done < length && Runtime.Fault is null; done += Math.Min(PartLength, length - done))
            Put(place + done, bytes.AsSpan(0, (int)Math.Min(PartLength, length - done)));
    }

    /// <summary>Writes bytes.</summary>
    public void Put(uint place, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty && !frame.Write(place, bytes)) Note(place, (uint)bytes.Length, isWrite: true);
    }

    /// <summary>The bytes before the zero that ends a text.</summary>
    public byte[] Text(uint place) => Text(place, uint.MaxValue);

    /// <summary>The bytes before the zero that ends a text; no more of them than that.</summary>
    public byte[] Text(uint place, uint lengthMax)
    {
        List<byte> text = [];
        Span<byte> part = stackalloc byte[(int)PageLength];
        while ((uint)text.Count < lengthMax)
        {
            uint at = place + (uint)text.Count;
            // Page by page: the one behind the text's end may be missing
            Span<byte> bytes = part[..(int)Math.Min(PageLength - (at % PageLength), lengthMax - (uint)text.Count)];
            if (text.Count >= TextMax || !frame.Read(at, bytes))
            {
                Note(at, 1, isWrite: false);
                break;
            }

            int end = bytes.IndexOf((byte)0);
            text.AddRange(end < 0 ? bytes : bytes[..end]);
            if (end >= 0) break;
        }

        return [.. text];
    }

    /// <summary>The bytes of a text and the zero that ends it, which can be searched for as well.</summary>
    public ReadOnlySpan<byte> TextAndEnd(uint place) => (byte[])[.. Text(place), 0];

    /// <summary>Writes a text and the zero behind it.</summary>
    public void PutText(uint place, ReadOnlySpan<byte> text)
    {
        Put(place, text);
        Put(place + (uint)text.Length, [0]);
    }

    /// <summary>A text of 16-bit characters.</summary>
    public string Wide(uint place)
    {
        if (frame.ReadText(place, isWide: true) is { } text) return text;
        Note(place, 2, isWrite: false);
        return "";
    }

    /// <summary>Reads a word.</summary>
    public uint Word(uint place)
    {
        if (!frame.ReadWord(place, out uint word)) Note(place, 4, isWrite: false);
        return word;
    }

    /// <summary>Writes a word.</summary>
    public void PutWord(uint place, uint word)
    {
        if (!frame.WriteWord(place, word)) Note(place, 4, isWrite: true);
    }

    /// <summary>Sets errno. Returns the result that is given.</summary>
    public uint Fail(RuntimeError error, uint result)
    {
        frame.WriteWord(frame.Thread.Block.ErrnoPlace.Value, (uint)error);
        return result;
    }

    /// <summary>Notes the first place that could not be touched: the page that the bytes reach next may be the one.</summary>
    private void Note(uint place, uint length, bool isWrite)
    {
        if (Runtime.Fault is not null) return;
        uint at = place;
        for (uint done = 0; done < length; done += PageLength - (at % PageLength), at = place + done)
        {
            bool isThere = frame.Program.Process.Access.TryRead(new VirtualAddress(at), out byte value, out _);
            if (isWrite) isThere = isThere && frame.Program.Process.Access.TryWrite(new VirtualAddress(at), value, out _);
            if (!isThere) break;
        }

        Runtime.Fault =
            new((uint)NtStatus.AccessViolation, 0, new(frame.Thread.Context.Registers.Eip), [isWrite ? 1u : 0, at]);
    }

    private static uint? Run(CallFrame frame, Func<RuntimeCall, uint?> function)
    {
        RuntimeCall call = new(frame);
        uint? result = function(call);
        if (call.Runtime.Fault is not { } fault) return result;
        call.Runtime.Fault = null;
        return frame.Raise(fault);
    }
}

/// <summary>The values of errno that the library sets, as errno.h names them.</summary>
internal enum RuntimeError : uint
{
    NoMemory = 12,
    Invalid = 22,
    Range = 34,
}
