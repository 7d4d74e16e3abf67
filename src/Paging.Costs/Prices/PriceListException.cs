namespace Paging.Costs.Prices;

/// <summary>A price list cannot be used. The message is one line: the list, the place in it, and the reason.</summary>
public sealed class PriceListException : FormatException
{
    /// <summary>An error without a place.</summary>
    public PriceListException() : this("not a price list")
    {
    }

    /// <summary>An error with a whole message.</summary>
    public PriceListException(string message) : base(message)
    {
    }

    /// <summary>An error with a whole message.</summary>
    public PriceListException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
