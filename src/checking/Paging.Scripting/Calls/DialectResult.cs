namespace Paging.Scripting.Calls;

/// <summary>A result in a form that only one dialect has. Its text stands after <c>=</c>.</summary>
public abstract class DialectResult
{
    /// <summary>True when a machine's result is the recorded one (this).</summary>
    public abstract bool Agrees(DialectResult actual);
}
