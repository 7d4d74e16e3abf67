using Paging.Guest.Tasks;

namespace Paging.Guest.Debugging;

/// <summary>A command of gdb's to resume the threads: the packet vCont, of which the first action that matches a thread counts.</summary>
internal sealed class Resumption
{
    private readonly List<(char Action, int Thread)> _actions = [];    // 'c' or 's'; thread −1: all

    /// <summary>The signal to deliver to the program; 0 for none.</summary>
    public int Signal { get; private set; }

    /// <summary>True for reverse execution: the packets bc and bs.</summary>
    public bool IsBackward { get; private init; }

    public static Resumption Backward(char action) => new Resumption { IsBackward = true }.With(action, -1, 0);

    public static Resumption Of(char action) => new Resumption().With(action, -1, 0);

    public Resumption With(char action, int thread, int signal)
    {
        _actions.Add((char.ToLowerInvariant(action), thread));
        if (signal != 0) Signal = signal;
        return this;
    }

    public bool Lets(GuestTask task) => Find(task) != default;

    public bool Steps(GuestTask task) => Find(task) == 's';

    private char Find(GuestTask task) => _actions.Find(action => action.Thread < 0 || action.Thread == task.Id).Action;
}
