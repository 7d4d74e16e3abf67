namespace Paging.Guest.Tasks;

/// <summary>What a task waits for inside a call: a place in a queue, by which others find it.</summary>
internal interface IAwaited
{
    /// <summary>The call is over: it got what it waited for, a signal came, or the task has ended.</summary>
    void Left() { }
}
