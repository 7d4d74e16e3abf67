namespace Paging.Fuzz;

/// <summary>The engine has refused an operation, or a feature, by an error.</summary>
/// <param name="error">The name of the error.</param>
internal sealed class CrossingRefusal(string error) : Exception(error)
{
    /// <summary>The name of the error.</summary>
    public string Error { get; } = error;
}
