namespace Paging.Processors.Emulation;

//   … │ error_code │ is_int │ next_eip │ dr0 … dr5 │ dr6 = FFFF0FF0 │ dr7 = 400 │ … │ old_exception │ …
//       i - 64       i - 60   i - 56     i - 48      i                i + 8             i + 48
/// <summary>The places of three fields in a saved context of the processor that have no register.</summary>
/// <remarks>
/// A library that was built otherwise may keep them elsewhere; so they are found once, by the reset values of the debug registers beside
/// them, in a context that has not run yet.
/// </remarks>
internal readonly struct ContextBlob
{
    private const ulong DebugStatusAtReset = 0xFFFF_0FF0, DebugControlAtReset = 0x400;
    private const int None = -1;

    private readonly int _debugStatus;

    private ContextBlob(int debugStatus) => _debugStatus = debugStatus;

    /// <summary>Searches for the fields. False: this build of the library is unknown.</summary>
    // SAFETY: the loop reads from 64 bytes before to 56 bytes after i, all below byteLength.
    public static unsafe bool TryLocate(nint context, int byteLength, out ContextBlob layout)
    {
        byte* bytes = (byte*)context;
        for (int i = 64; i + 56 <= byteLength; i += 4)
        {
            if (*(ulong*)(bytes + i) != DebugStatusAtReset || *(ulong*)(bytes + i + 8) != DebugControlAtReset) continue;
            layout = new(i);
            return *layout.OldException(context) == None;
        }

        layout = default;
        return false;
    }

    /// <summary>The error code of the exception under way.</summary>
    // SAFETY: TryLocate has found the fields inside every context of this library.
    public unsafe uint ErrorCode(nint context) => *(uint*)(context + _debugStatus - 64);

    /// <summary>True when an instruction has raised it: <c>int n</c>, not a fault.</summary>
    // SAFETY: as for ErrorCode.
    public unsafe bool IsSoftwareInterrupt(nint context) => *(int*)(context + _debugStatus - 60) != 0;

    /// <summary>
    /// Ends the exception under way. Otherwise the next one counts as a double fault, and the third stops the machine silently.
    /// </summary>
    // SAFETY: as for ErrorCode.
    public unsafe void EndException(nint context) => *OldException(context) = None;

    // SAFETY: as for ErrorCode; TryLocate requires 56 bytes after the field.
    private unsafe int* OldException(nint context) => (int*)(context + _debugStatus + 48);
}
