using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>The action of a process for each signal. Linux: struct sighand_struct.</summary>
internal sealed class SignalActions
{
    private readonly SignalAction[] _actions = new SignalAction[(int)SignalNumber.Last + 1];

    public SignalAction this[SignalNumber signal]
    {
        get => _actions[(int)signal];
        set => _actions[(int)signal] = value;
    }

    public SignalActions Copy()
    {
        SignalActions copy = new();
        _actions.CopyTo(copy._actions, 0);
        return copy;
    }

    /// <summary>For execve: resets handlers to the default; ignored signals stay ignored. Linux: flush_signal_handlers.</summary>
    public void ForgetHandlers()
    {
        for (int i = 1; i < _actions.Length; i++)
            _actions[i] = new(_actions[i].Handler == SignalAction.Ignore ? SignalAction.Ignore : SignalAction.Default, 0, default, default);
    }

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.SignalActions, 1);
        foreach (SignalAction action in _actions)
        {
            writer.Write(action.Handler.Value);
            writer.Write(action.Flags);
            writer.Write(action.Restorer.Value);
            writer.Write(action.Mask.Bits);
        }

        writer.End();
    }

    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.SignalActions, 1);
        for (int i = 0; i < _actions.Length; i++)
            _actions[i] = new(new(reader.ReadWord()), reader.ReadWord(), new(reader.ReadWord()), new(reader.ReadWideWord()));
        reader.Close();
    }

    /// <summary>Returns true if sending the signal has no effect. Linux: sig_task_ignored.</summary>
    public bool Ignores(SignalNumber signal) =>
        this[signal].Handler == SignalAction.Ignore
            || (this[signal].Handler == SignalAction.Default && signal.IsIgnoredByDefault());
}
