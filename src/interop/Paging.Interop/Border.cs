using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>The end of all exceptions: an exported function returns the code of <see cref="Refuse"/> for each.</summary>
// SAFETY: of all exports: a pointer of C has as many bytes as paging.h says until the call returns. Need refuses NULL where it is wrong.
internal static unsafe class Border
{
    private const int MessageByteLength = 512;

    [ThreadStatic]
    private static NativeBytes? _message;    // the pointer that C gets is good until the thread ends

    [ThreadStatic]
    private static Errno _refused;    // of the callback that the message is about, while its call runs

    private static int _refusalCount;    // threads that have one

    /// <summary>The version of the library: major times 10,000, minor times 100, patch.</summary>
    [UnmanagedCallersOnly(EntryPoint = "paging_version")]
    public static int Version() => ForkedChild.IsHere ? BorderCode.WrongState : 100;

    /// <summary>
    /// True if a callback has refused, on any thread, and no failed call has taken its errno. A call may succeed all the same, as hints and
    /// read-ahead do: then <see cref="Begin"/> of the next one drops the errno, or it would pass for that call's.
    /// </summary>
    public static bool HasRefusals => _refusalCount != 0;

    /// <summary>Returns the message of the calling thread's last failure: empty if there is only an errno, and before the first.</summary>
    [UnmanagedCallersOnly(EntryPoint = "paging_last_error")]
    public static byte* LastError()
    {
        try { return ForkedChild.IsHere ? ForkedChild.Message : Message(); }
        catch (OutOfMemoryException) { return null; }
    }

    /// <summary>Returns the code for an exception, and keeps its text for the thread.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Refuse(Exception reason)
    {
        int code = CodeOf(reason);
        return Note(CallerText.Of(reason), Errno.None) ? code : -(int)Errno.ENOMEM;
    }

    /// <summary>Keeps the text of a failure for the thread. Returns false if there is no memory for it.</summary>
    /// <param name="reason">The text.</param>
    /// <param name="refused">The errno of a callback: the text stays if the call that needed it fails for it.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Note(string reason, Errno refused)
    {
        Keep(refused);
        try { CopyTo(reason, new(Message(), MessageByteLength)); }
        catch (OutOfMemoryException) { return false; }

        return true;
    }

    /// <summary>Drops the errno of a callback of an earlier call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin() => Keep(Errno.None);

    /// <summary>Keeps the text of an errno, unless a callback of the call has given its own.</summary>
    public static void Explain(Errno error, string reason)
    {
        if (_refused != error) _ = Note(reason, error);
    }

    /// <summary>0, or the errno made negative.</summary>
    public static int Code(Errno error)
    {
        if (error != Errno.None) DropOldMessage(error);
        return -(int)error;
    }

    /// <summary>The value, or the errno made negative.</summary>
    public static long Value(Errno error, long value) => error == Errno.None ? value : Code(error);

    /// <summary>Throws if a pointer that a call needs is null.</summary>
    public static void Need(void* pointer, string name)
    {
        if (pointer == null) throw new RefusalException(BorderCode.BadArgument, $"{name} must not be NULL.");
    }

    /// <summary>Sets a result to none until there is one. Throws if its pointer is null.</summary>
    public static void Clear(ulong* result, string name)
    {
        Need(result, name);
        *result = 0;
    }

    /// <inheritdoc cref="Clear(ulong*, string)"/>
    public static void Clear(uint* result, string name)
    {
        Need(result, name);
        *result = 0;
    }

    /// <summary>A field or argument that is 0 or 1.</summary>
    public static bool Flag(uint value, string name) => value <= 1 ? value == 1
        : throw new RefusalException(BorderCode.BadArgument, $"{name} must be 0 or 1, not {value}.");

    /// <summary>A number that the engine takes as an int. A refusal has C's number, not what a cast would make of it.</summary>
    public static int Int(uint value, string name) => value <= int.MaxValue ? (int)value
        : throw new RefusalException(BorderCode.BadArgument, $"{name} is {value}: it must be at most {int.MaxValue}.");

    /// <summary>Sets a property of the engine. A refusal names C's parameter, since the property has no other than value.</summary>
    public static void Set(Action assign, string name)
    {
        try { assign(); }
        catch (ArgumentOutOfRangeException e) { throw new ArgumentOutOfRangeException(name, e.ActualValue, e.Message); }
    }

    /// <summary>The bytes at a pointer.</summary>
    public static Span<byte> Bytes(void* start, ulong byteLength, string name)
    {
        if (byteLength != 0) Need(start, name);
        if (byteLength > int.MaxValue) throw new RefusalException(BorderCode.BadArgument, $"{name} has more than 2^31 - 1 bytes.");
        return new(start, (int)byteLength);
    }

    /// <summary>A text that ends with 0, in UTF-8.</summary>
    public static string Text(byte* text, string name)
    {
        Need(text, name);
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    /// <summary>Gives C a text: as much as fits, always ended with 0.</summary>
    /// <returns>The length of the whole text in bytes, without the 0.</returns>
    public static long Give(string text, byte* buffer, ulong capacity)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (capacity == 0) return length;
        CopyTo(text, Bytes(buffer, Math.Min(capacity, (ulong)length + 1), "buffer"));
        return length;
    }

    /// <summary>Copies as many whole characters as there is room for, and a 0 after them.</summary>
    private static void CopyTo(string text, Span<byte> target)
    {
        _ = Utf8.FromUtf16(text, target[..^1], out _, out int length);    // the status says whether all of it fits
        target[length] = 0;
    }

    // The message of an earlier failure must not pass for this one's. EFAULT: the callback's page could not be read.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropOldMessage(Errno error)
    {
        bool isOfCallback = _refused != Errno.None && (error == _refused || error == Errno.EFAULT);
        if (!isOfCallback && _message is { } message) *message.Address = 0;
        Keep(Errno.None);
    }

    private static void Keep(Errno refused)
    {
        int added = (refused == Errno.None ? 0 : 1) - (_refused == Errno.None ? 0 : 1);
        if (added != 0) _ = Interlocked.Add(ref _refusalCount, added);
        _refused = refused;
    }

    private static byte* Message()
    {
        _message ??= new(MessageByteLength);
        return _message.Address;
    }

    private static int CodeOf(Exception reason) => reason switch
    {
        RefusalException refusal => refusal.Code,
        PageFaultException => -(int)Errno.EFAULT,
        ObjectDisposedException => BorderCode.Ended,
        TimeoutException => BorderCode.Timeout,
        InvariantException => BorderCode.Broken,
        OutOfMemoryException or NoMemoryException => -(int)Errno.ENOMEM,
        ArgumentException => BorderCode.BadArgument,
        InvalidOperationException => BorderCode.WrongState,
        FileNotFoundException or DirectoryNotFoundException => -(int)Errno.ENOENT,
        UnauthorizedAccessException => -(int)Errno.EACCES,
        InvalidDataException or FormatException => -(int)Errno.EINVAL,
        NotSupportedException => -(int)Errno.EOPNOTSUPP,
        IOException { HResult: > 0 and <= Called.HighestErrno and var errno } => -errno,    // the host's; .NET's own are negative
        IOException => -(int)Errno.EIO,
        _ => BorderCode.Unexpected,
    };
}
