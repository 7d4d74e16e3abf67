namespace Paging.Interop;

/// <summary>
/// A function of paging.h. tools/Exports writes what C calls: it catches everything, and returns the code of <see cref="Border.Refuse"/>.
/// </summary>
/// <remarks>
/// Without a result it returns 0; with an <c>Errno</c>, that made negative; with a <c>Win32Error</c>, that error.
/// </remarks>
/// <param name="name">Its name in C.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ExportAttribute(string name) : Attribute
{
    /// <summary>Its name in C.</summary>
    public string Name => name;
}
