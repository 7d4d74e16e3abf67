using System.Diagnostics;
using Paging.Core;
using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>The outcome of a system call, or of a read or write of an open file.</summary>
internal enum CallOutcome : byte
{
    /// <summary>With a value.</summary>
    Value,

    /// <summary>With an error number.</summary>
    Error,

    /// <summary>Not finished: the call is made again after an event.</summary>
    Waits,

    /// <summary>The call itself has set the registers (rt_sigreturn, execve), or its caller is gone (exit).</summary>
    Keeps,

    /// <summary>ERESTARTSYS: EINTR, unless the handler has SA_RESTART.</summary>
    RestartsUnlessHandled,

    /// <summary>ERESTARTNOINTR: always restarts.</summary>
    RestartsAlways,

    /// <summary>ERESTARTNOHAND: EINTR after any handler.</summary>
    RestartsIfUnhandled,

    /// <summary>ERESTART_RESTARTBLOCK: as the one before, but restarts with the remaining time.</summary>
    RestartsWithRest,
}

/// <summary>The result of a system call: a value, an error, or an instruction to the scheduler (wait, restart).</summary>
/// <remarks>Values and <see cref="Errno"/> convert to it; <see cref="Errno.None"/> is the value 0. Linux: include/linux/errno.h.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct CallResult
{
    private readonly long _value;

    private CallResult(CallOutcome outcome, long value) => (Outcome, _value) = (outcome, value);

    public static CallResult Waits => new(CallOutcome.Waits, 0);

    public static CallResult Keeps => new(CallOutcome.Keeps, 0);

    public static CallResult RestartUnlessHandled => new(CallOutcome.RestartsUnlessHandled, 0);

    public static CallResult RestartAlways => new(CallOutcome.RestartsAlways, 0);

    public static CallResult RestartIfUnhandled => new(CallOutcome.RestartsIfUnhandled, 0);

    public static CallResult RestartWithRest => new(CallOutcome.RestartsWithRest, 0);

    public CallOutcome Outcome { get; }

    public bool IsValue => Outcome == CallOutcome.Value;

    public bool IsError => Outcome == CallOutcome.Error;

    public bool IsWaiting => Outcome == CallOutcome.Waits;

    public bool IsRestart => Outcome >= CallOutcome.RestartsUnlessHandled;

    /// <summary>The value; 0 when there is none.</summary>
    public long Value => IsValue ? _value : 0;

    /// <summary>The value as a number of bytes or items; 0 when there is none.</summary>
    public int Count => (int)Value;

    /// <summary>The error; <see cref="Errno.None"/> when there is none.</summary>
    public Errno Error => IsError ? (Errno)_value : Errno.None;

    /// <summary>The value of EAX: the result, or the negative error number.</summary>
    public uint Word => unchecked((uint)(IsError ? -_value : Value));    // -4095 to -1 are errors (IS_ERR_VALUE)

    /// <summary>EAX of a thread that a signal has interrupted, before the call is restarted. Linux: include/linux/errno.h.</summary>
    public uint KernelWord => unchecked((uint)(Outcome switch
    {
        CallOutcome.RestartsUnlessHandled => -512,
        CallOutcome.RestartsAlways => -513,
        CallOutcome.RestartsIfUnhandled => -514,
        CallOutcome.RestartsWithRest => -516,
        _ => (int)Word,
    }));

    public static implicit operator CallResult(int value) => new(CallOutcome.Value, value);

    public static implicit operator CallResult(uint value) => new(CallOutcome.Value, value);

    public static implicit operator CallResult(long value) => new(CallOutcome.Value, value);

    public static implicit operator CallResult(Errno error) =>
        new(error == Errno.None ? CallOutcome.Value : CallOutcome.Error, (long)error);

    public void Save(RecordWriter writer)
    {
        writer.Write((uint)Outcome);
        writer.Write(_value);
    }

    public static CallResult Load(RecordReader reader) =>
        new((CallOutcome)reader.ReadIndex((int)CallOutcome.RestartsWithRest + 1, "the outcome of a call"), reader.ReadWideNumber());

    public override string ToString() => Outcome switch
    {
        CallOutcome.Value => _value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        CallOutcome.Error => Error.ToString(),
        _ => Outcome.ToString(),
    };
}
